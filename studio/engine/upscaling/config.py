"""What an upscaler's config.json says."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from studio.contract.upscaling import NATIVE_SCALE
from studio.engine.configuration import ConfigError, build
from studio.engine.model_config import FORMAT, ScheduleConfig
from studio.engine.model_error import ModelError
from studio.engine.nets.upscaler import UpscalerNetConfig

FAMILY = "upscaler"
_ACTION = "Get the model again, or choose another one."


@dataclass(frozen=True, kw_only=True)
class UpscalerConfig:
    """``network`` is that of both characters. Vivid goes on from Faithful's result at the noise
    levels ``vivid_times`` (shares of the schedule, descending), one evaluation each; at full
    strength what it adds to Faithful's counts ``vivid_gain`` times.
    """

    format: int
    family: str
    name: str
    licence: str
    network: UpscalerNetConfig
    vivid_times: tuple[float, ...]
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(kind="cosine"))
    vivid_gain: float = 1.0
    scale: int = NATIVE_SCALE

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(
                f"this is format {self.format}, but this version of the studio reads {FORMAT}."
            )
        if self.family != FAMILY:
            raise ValueError(f"the family “{self.family}” does not upscale.")
        if self.scale != NATIVE_SCALE:
            raise ValueError(f"the scale must be {NATIVE_SCALE}.")
        if self.network.latent != 3 * self.scale**2 or self.network.picture != 3:
            raise ValueError(f"the network must take {3 * self.scale**2} and 3 channels.")
        if not 0 < self.vivid_gain <= 4:
            raise ValueError("vivid_gain must lie between 0 and 4.")
        times = self.vivid_times
        if not times or not all(0 < time <= 1 for time in times):
            raise ValueError("vivid_times must be numbers in 0..1.")
        if list(times) != sorted(set(times), reverse=True):
            raise ValueError("vivid_times must descend.")


def family_of(folder: Path) -> str:
    """The family that a model folder's config.json names, "" where it names none."""
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("family", "")) if isinstance(told, dict) else ""


def read_upscaler_config(folder: Path) -> UpscalerConfig:
    """Read a model folder's config.json; raises ModelError."""
    path = folder / "config.json"
    if (family := family_of(folder)) and family != FAMILY:
        raise ModelError(
            f"The model “{folder.name}” is of the family “{family}”, which "
            "makes no picture larger.",
            "Choose an upscaling model.",
        )
    try:
        return build(UpscalerConfig, json.loads(path.read_text(encoding="utf-8")), path.name)
    except FileNotFoundError:
        raise ModelError(
            f"“{folder}” is no model folder: config.json is missing.", _ACTION
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"The model's {path} cannot be read: {error}.", _ACTION) from error
    except ConfigError as error:
        raise ModelError(f"The model in “{folder}” cannot be used. {error}", _ACTION) from error
