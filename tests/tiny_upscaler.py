"""An upscaling model folder with random weights, small enough for tests."""

import json
from pathlib import Path

import torch

from studio.engine.configuration import build
from studio.engine.nets.upscaler import UpscalerNet
from studio.engine.upscaling.config import UpscalerConfig
from studio.engine.upscaling.first_stage import ResidualFirstStage
from studio.engine.weights import save_module

CONFIG = {
    "format": 1,
    "family": "upscaler",
    "name": "Tiny upscaler",
    "licence": "Apache-2.0",
    "network": {"width": 8, "inner_width": 8, "blocks": [1, 1, 1], "embedding": 8},
    "vivid_times": [0.6, 0.3],
}


def write_tiny_upscaler(folder: Path, seed: int = 0) -> Path:
    """Make ``folder`` an upscaler's model folder; returns it.

    What it adds to bicubic enlargement is faint noise that depends on the picture around, so
    seams, mirrored axes and shifts show.
    """
    config = build(UpscalerConfig, CONFIG, "config.json")
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name in ("faithful", "vivid"):
            save_module(UpscalerNet(config.network), folder / f"{name}.safetensors")
        first_stage = ResidualFirstStage()
        basis, _ = torch.linalg.qr(torch.randn(48, 48))
        first_stage.basis.copy_(basis)
        first_stage.std.fill_(0.2)
    save_module(first_stage, folder / "first_stage.safetensors", dtype=torch.float32)
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "README.md").write_text("# Tiny upscaler\n", encoding="utf-8")
    return folder
