"""The upscaler's training recipe: resources/training/upscale-x4.toml."""

from dataclasses import dataclass
from pathlib import Path

from studio.engine.configuration import build
from studio.engine.nets.upscaler import UpscalerNetConfig
from studio.training.recipe_file import read_toml


@dataclass(frozen=True, kw_only=True)
class PicturesConfig:
    """The pictures to learn from: how many, from which seed on, how large; ``kinds``: kind ->
    share of them, a key of KINDS.
    """

    count: int
    first_seed: int
    size: int
    kinds: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class DamageConfig:
    """``clean``: share of small pictures that are plain bicubic; the others are damaged."""

    clean: float


@dataclass(frozen=True, kw_only=True)
class FaithfulConfig:
    """The regression: ``mean`` is the share of samples without any latent, which make the network
    the mean that Faithful shows; the others are noised to any level.
    """

    batch: int
    crop: int
    learning_rate: float
    ema_decay: float
    mean: float


@dataclass(frozen=True, kw_only=True)
class VividConfig:
    """The few-step sampler: weights of its loss terms, see train_vivid. The discriminator learns
    for ``judge_lead`` steps before it is heeded.
    """

    batch: int
    crop: int
    learning_rate: float
    ema_decay: float
    times: tuple[float, ...]
    pixel_weight: float
    statistics_weight: float
    adversarial_weight: float
    discriminator_channels: int
    discriminator_learning_rate: float
    judge_lead: int


@dataclass(frozen=True, kw_only=True)
class UpscalerRecipe:
    """Everything that decides how the bundled upscaler comes out."""

    name: str
    seed: int
    pictures: PicturesConfig
    damage: DamageConfig
    network: UpscalerNetConfig
    faithful: FaithfulConfig
    vivid: VividConfig


def read_upscaler_recipe(name_or_path: str | Path) -> UpscalerRecipe:
    """As training.config.read_recipe."""
    values, name = read_toml(name_or_path)
    return build(UpscalerRecipe, values, name)
