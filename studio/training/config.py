"""Training recipes: one TOML file describes every stage of a bundled model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.configuration import build
from studio.engine.model_config import Defaults
from studio.engine.nets.autoencoder import AutoencoderConfig
from studio.training.recipe_file import read_toml


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The rendered pictures: how many, from which seed, how large, how many versions.

    ``featured``: terrain -> share of pictures that are made of it on purpose; the others are of
    any terrain.
    """

    count: int
    first_seed: int
    size: int
    hand_like: int
    captions: int
    featured: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class SegmenterConfig:
    """The network that reads material and mood from a picture; see studio.training.segmenter.
    ``worn``: share of pictures seen through the first stage, once there is one.
    """

    channels: tuple[int, ...]
    overview: int
    worn: float
    batch: int
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class FirstStageConfig:
    """Perceptual compression: the autoencoder and the weights of its loss terms.

    ``latent_noise``: most noise on the latents of a decoder that is trained alone, in their
    standard deviations.
    The discriminator learns from step ``adversarial_start`` on, at ``judge_rate`` of the
    autoencoder's rate; the autoencoder heeds it ``judge_lead`` steps later, with an adaptive
    weight of at most ``adversarial_limit``.
    """

    batch: int
    crop: int
    learning_rate: float
    kl_weight: float
    perceptual_weight: float
    edge_weight: float
    texture_weight: float
    adversarial_weight: float
    adversarial_start: int
    judge_lead: int
    judge_rate: float
    adversarial_limit: float
    discriminator_channels: int
    latent_noise: float
    autoencoder: AutoencoderConfig


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig:
    """The denoiser, its conditions and how often each is left out.

    ``time_shift`` above 1 draws noisy steps more often, ``time_shift_without_map`` those of
    pictures whose map is left out; see ``train_diffusion.draw_times``.
    """

    batch: int
    learning_rate: float
    text_learning_rate: float
    warm_up: int
    ema_decay: float
    drop_text: float
    drop_map: float
    drop_both: float
    exact_maps: float
    uncovered: float
    rare_weight: float
    time_shift: float
    time_shift_without_map: float
    prediction: str
    schedule: str
    unet: dict[str, Any]
    text: dict[str, Any]
    map: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LayoutConfig:
    """The network that draws a coarse map from words; ``network`` is engine.nets.layout's, and it
    samples ``steps`` steps with ``guidance``.
    """

    batch: int
    learning_rate: float
    weight_decay: float
    warm_up: int
    ema_decay: float
    drop_text: float
    time_shift: float
    prediction: str
    schedule: str
    steps: int
    guidance: float
    network: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """The small decoder of live previews."""

    batch: int
    learning_rate: float
    scale: int


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides how a bundled landscape model comes out."""

    name: str
    seed: int
    data: DataConfig
    segmenter: SegmenterConfig
    first_stage: FirstStageConfig
    diffusion: DiffusionConfig
    layout: LayoutConfig
    preview: PreviewConfig
    defaults: Defaults


def read_recipe(name_or_path: str | Path) -> Recipe:
    """Read a recipe by its name in resources/training or by its path; ValueError says what
    is wrong."""
    values, name = read_toml(name_or_path)
    return build(Recipe, values, name)
