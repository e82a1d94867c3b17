"""The configuration that published checkpoints come with."""

from pathlib import Path
from typing import Any

import yaml


def write_yaml(path: Path, **params: Any) -> None:
    """The configuration of the published layout, with what no tensor tells."""
    unet = params.pop("unet")
    model = {
        "linear_start": 0.00085,
        "linear_end": 0.012,
        "timesteps": 1000,
        **params,
        "unet_config": {"target": "os.system", "params": unet},
    }
    path.write_text(yaml.safe_dump({"model": {"target": "x", "params": model}}), encoding="utf-8")
