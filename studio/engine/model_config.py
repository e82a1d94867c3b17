"""What a model folder's config.json says."""

import json
from dataclasses import dataclass
from pathlib import Path

from studio.contract.catalog import SAMPLERS, SPACINGS, Capability
from studio.engine.configuration import ConfigError, build
from studio.engine.denoiser import PARAMETERISATIONS
from studio.engine.model_error import ModelError
from studio.engine.nets.autoencoder import AutoencoderConfig
from studio.engine.nets.layout import LayoutConfig as LayoutNetworkConfig
from studio.engine.nets.preview import PreviewConfig
from studio.engine.nets.text_transformer import TextTransformerConfig
from studio.engine.nets.unet import UNetConfig
from studio.engine.schedules import SCHEDULES, Schedule

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """``kind`` is a key of SCHEDULES; the betas are None for the kind's own."""

    kind: str
    steps: int = 1000
    beta_start: float | None = None
    beta_end: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in SCHEDULES:
            raise ValueError(f"there is no schedule “{self.kind}”.")
        if self.steps < 2:
            raise ValueError("a schedule needs at least two steps.")
        if self.betas and self.kind not in ("linear", "scaled_linear"):
            raise ValueError(f"the schedule “{self.kind}” has no beta_start and beta_end.")
        if not all(0 < beta < 1 for beta in self.betas.values()):
            raise ValueError("betas must lie between 0 and 1.")

    @property
    def betas(self) -> dict[str, float]:
        given = {"beta_start": self.beta_start, "beta_end": self.beta_end}
        return {key: beta for key, beta in given.items() if beta is not None}

    def schedule(self) -> Schedule:
        return SCHEDULES[self.kind](steps=self.steps, **self.betas)


def _check_prediction(prediction: str) -> None:
    if prediction not in PARAMETERISATIONS:
        raise ValueError(f"there is no prediction “{prediction}”.")


@dataclass(frozen=True, kw_only=True)
class DenoiserConfig:
    """The U-Net, what its output means (a key of PARAMETERISATIONS) and its schedule."""

    unet: UNetConfig
    prediction: str
    schedule: ScheduleConfig

    def __post_init__(self) -> None:
        _check_prediction(self.prediction)


@dataclass(frozen=True, kw_only=True)
class FirstStageConfig:
    """The autoencoder; a model latent is (z - latent_mean) / latent_std, channel by channel."""

    autoencoder: AutoencoderConfig
    latent_mean: tuple[float, ...]
    latent_std: tuple[float, ...]

    def __post_init__(self) -> None:
        channels = self.autoencoder.embed_dim
        if len(self.latent_mean) != channels or len(self.latent_std) != channels:
            raise ValueError(f"latent_mean and latent_std must have {channels} numbers each.")
        if not all(std > 0 for std in self.latent_std):
            raise ValueError("latent_std must be positive.")


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """How a label map is read: ``labels`` are material ids in channel order, one more channel is
    "unlabelled"; after ``stages`` halvings ``channels`` are concatenated to the latent.
    """

    labels: tuple[int, ...]
    channels: int
    stages: int

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must be a list of different ids.")
        if not all(0 <= label < 255 for label in self.labels):
            raise ValueError("labels must lie in 0..254.")


@dataclass(frozen=True, kw_only=True)
class LayoutConfig:
    """The network that draws a coarse label map where a request has words alone, what its output
    means, its schedule, and how it samples.
    """

    network: LayoutNetworkConfig
    prediction: str
    schedule: ScheduleConfig
    steps: int
    guidance: float

    def __post_init__(self) -> None:
        _check_prediction(self.prediction)
        if self.steps < 1 or self.guidance < 0:
            raise ValueError("steps must be at least 1 and guidance not negative.")


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a request's None stands for; ``guidance_drops`` is what the unconditional half of
    guidance goes without, among "text" and "map".
    """

    steps: int
    guidance: float
    sampler: str
    spacing: str
    guidance_drops: tuple[str, ...] = ("text", "map")

    def __post_init__(self) -> None:
        if self.sampler not in [row.key for row in SAMPLERS]:
            raise ValueError(f"there is no sampler “{self.sampler}”.")
        if self.spacing not in [row.key for row in SPACINGS]:
            raise ValueError(f"there is no spacing “{self.spacing}”.")
        if not set(self.guidance_drops) <= {"text", "map"}:
            raise ValueError("guidance_drops may hold “text” and “map”.")
        if self.steps < 1 or self.guidance < 0:
            raise ValueError("steps must be at least 1 and guidance not negative.")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """A model folder's config.json. ``capabilities`` are keys of CONDITIONS."""

    format: int
    family: str
    name: str
    licence: str
    capabilities: tuple[str, ...]
    denoiser: DenoiserConfig
    first_stage: FirstStageConfig
    preview: PreviewConfig
    defaults: Defaults
    size_multiple: int
    text: TextTransformerConfig | None = None
    map: MapConfig | None = None
    layout: LayoutConfig | None = None

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(
                f"this is format {self.format}, but this version of the studio reads {FORMAT}."
            )
        described = {key for key in ("text", "map") if getattr(self, key) is not None}
        if set(self.capabilities) != described:
            raise ValueError("capabilities must name those of “text” and “map” that are described.")
        self._check_fit()

    def _check_fit(self) -> None:
        unet, autoencoder = self.denoiser.unet, self.first_stage.autoencoder
        latent = autoencoder.embed_dim
        concatenated = self.map.channels if self.map else 0
        if unet.in_channels != latent + concatenated or unet.out_channels != latent:
            raise ValueError(
                f"the U-Net must take {latent + concatenated} channels and return {latent}."
            )
        if unet.context_dim != (self.text.width if self.text else None):
            raise ValueError("the U-Net's context_dim must be the text encoder's width.")
        if self.map and 2**self.map.stages != autoencoder.factor:
            raise ValueError(f"the map's stages must reduce it {autoencoder.factor} times.")
        if self.layout:
            self._check_layout(self.layout.network)
        if self.preview.z_channels != latent:
            raise ValueError(f"the preview decoder must take {latent} channels.")
        if self.size_multiple % autoencoder.factor:
            raise ValueError(f"size_multiple must be a multiple of {autoencoder.factor}.")

    def _check_layout(self, network: LayoutNetworkConfig) -> None:
        if not self.map or not self.text:
            raise ValueError("a layout network needs a text to read and a map to draw.")
        if network.labels != len(self.map.labels):
            raise ValueError(f"the layout network must have {len(self.map.labels)} labels.")
        if network.context_dim != self.text.width:
            raise ValueError("the layout network's context_dim must be the text encoder's width.")

    @property
    def prediction(self) -> str:
        """What the denoiser's output means."""
        return self.denoiser.prediction

    @property
    def uses(self) -> tuple[Capability, ...]:
        """What of a request has an effect."""
        text = (Capability.TEXT, Capability.NEGATIVE) if self.text else ()
        maps = (Capability.MAP,) if self.map else ()
        guided = (Capability.GUIDANCE,) if self.defaults.guidance_drops or self.text else ()
        return (*text, *maps, *guided, Capability.SOURCE, Capability.MASK)

    @classmethod
    def from_dict(cls, data: object) -> "ModelConfig":
        """Raises ConfigError with a sentence for anything that does not belong in a config."""
        return build(cls, data, "config.json")


def read_config(folder: Path) -> ModelConfig:
    """Read a model folder's config.json; raises ModelError."""
    path = folder / "config.json"
    action = "Get the model again, or choose another one."
    try:
        return ModelConfig.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ModelError(
            f"“{folder}” is no model folder: config.json is missing.", action
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"The model's {path} cannot be read: {error}.", action) from error
    except ConfigError as error:
        raise ModelError(f"The model in “{folder}” cannot be used. {error}", action) from error
