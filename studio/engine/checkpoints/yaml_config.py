"""The .yaml that some checkpoints come with: what their tensors do not tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.model_config import ScheduleConfig

_MAX_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class YamlConfig:
    """``heads`` as in structure.unet_config; ``width`` and ``in_channels`` are the U-Net's, to see
    whether the file belongs to the checkpoint. ``scale_factor`` None: the checkpoint holds it.
    """

    heads: dict[str, int]
    width: int | None
    in_channels: int | None
    prediction: str
    schedule: ScheduleConfig
    scale_factor: float | None
    label_stages: int | None


def yaml_beside(checkpoint: Path) -> Path | None:
    """The configuration of a checkpoint: NAME.yaml, or config.yaml beside model.ckpt."""
    names = [checkpoint.with_suffix(suffix) for suffix in (".yaml", ".yml")]
    if checkpoint.stem == "model":
        names += [checkpoint.with_name(name) for name in ("config.yaml", "project.yaml")]
    return next((name for name in names if name.is_file()), None)


def read_yaml(path: Path) -> YamlConfig | None:
    """Read it as data alone, importing nothing it names.

    None when it describes no diffusion model, such as a first stage's; CheckpointError when it is
    damaged.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CheckpointError(f"{path.name} is too large for a configuration.")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        line = str(error).splitlines()[0]
        raise CheckpointError(f"{path.name} beside the checkpoint is damaged ({line}).") from error
    params = _at(data, "model", "params")
    unet = _at(params, "unet_config", "params")
    if not unet:
        return None
    try:
        return _read(params, unet)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} beside the checkpoint makes no sense ({error})."
        ) from error


def _at(data: Any, *names: str) -> dict[str, Any]:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _read(params: Mapping[str, Any], unet: Mapping[str, Any]) -> YamlConfig:
    prediction = str(params.get("parameterization", "eps"))
    if prediction not in ("eps", "x0", "v"):
        raise ValueError(f"parameterization: {prediction}")
    kinds = {"linear": "scaled_linear", "sqrt_linear": "linear", "cosine": "cosine"}
    kind = kinds.get(str(params.get("beta_schedule", "linear")))
    if kind is None:
        raise ValueError(f"beta_schedule: {params['beta_schedule']}")
    stages = _at(params, "cond_stage_config", "params").get("n_stages")
    by_std = bool(params.get("scale_by_std", False))
    return YamlConfig(
        heads=_heads(unet),
        width=_whole(unet.get("model_channels")),
        in_channels=_whole(unet.get("in_channels")),
        prediction=prediction,
        schedule=ScheduleConfig(
            kind=kind,
            steps=int(params.get("timesteps", 1000)),
            beta_start=None if kind == "cosine" else float(params.get("linear_start", 1e-4)),
            beta_end=None if kind == "cosine" else float(params.get("linear_end", 2e-2)),
        ),
        scale_factor=None if by_std else float(params.get("scale_factor", 1.0)),
        label_stages=_whole(stages),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _heads(unet: Mapping[str, Any]) -> dict[str, int]:
    wide = int(unet.get("num_head_channels", -1))
    if wide > 0:
        return {"num_head_channels": wide}
    heads = int(unet.get("num_heads", -1))
    if heads < 1:
        raise ValueError("neither num_heads nor num_head_channels")
    return {"num_heads": heads}
