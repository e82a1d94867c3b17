"""What a person can choose from, by key and title; the engine has the function behind each key."""

from dataclasses import dataclass
from enum import StrEnum

from studio.contract.geometry import Size


@dataclass(frozen=True, kw_only=True)
class SamplerRow:
    """A sampler's key, the title other programs know it by, and what the window must know of it.

    ``evaluations`` counts network calls per step; ``noisy`` samplers draw noise in every step.
    """

    key: str
    title: str
    evaluations: int = 1
    noisy: bool = False


SAMPLERS: tuple[SamplerRow, ...] = (
    SamplerRow(key="dpmpp_2m", title="DPM++ 2M"),
    SamplerRow(key="dpmpp_2m_sde", title="DPM++ 2M SDE", noisy=True),
    SamplerRow(key="unipc", title="UniPC"),
    SamplerRow(key="ddim", title="DDIM"),
    SamplerRow(key="ddpm", title="DDPM", noisy=True),
    SamplerRow(key="plms", title="PLMS"),
    SamplerRow(key="euler", title="Euler"),
    SamplerRow(key="euler_a", title="Euler a", noisy=True),
    SamplerRow(key="heun", title="Heun", evaluations=2),
)


@dataclass(frozen=True, kw_only=True)
class SpacingRow:
    """How the steps of a sampler are spread over the schedule."""

    key: str
    title: str


SPACINGS: tuple[SpacingRow, ...] = (
    SpacingRow(key="trailing", title="Trailing"),
    SpacingRow(key="uniform", title="Uniform"),
    SpacingRow(key="karras", title="Karras"),
    SpacingRow(key="quadratic", title="Quadratic"),
    SpacingRow(key="leading", title="Leading"),
)


class Capability(StrEnum):
    """What a model can make use of; everything else of a request has no effect on it."""

    TEXT = "text"
    """A prompt."""
    NEGATIVE = "negative"
    """A negative prompt."""
    GUIDANCE = "guidance"
    """A guidance scale, because there is something that guidance can leave out."""
    MAP = "map"
    """A label map."""
    CLASS = "class"
    """A class by its number."""
    BOXES = "boxes"
    """Boxes with the kinds of objects in them."""
    SOURCE = "source"
    """A source picture and a strength: image-to-image."""
    MASK = "mask"
    """A source picture and a mask: a part is repainted."""
    ENLARGE = "enlarge"
    """A source picture that is made four times as large."""
    LORA = "lora"
    """LoRA files."""
    NOISE_LEVEL = "noise_level"
    """A noise level for enlarging."""
    MAP_STRENGTH = "map_strength"
    """How firmly a ControlNet holds to the label map."""
    DEPTH = "depth"
    """A depth picture."""
    UPSCALE = "upscale"
    """Pictures of any size that become larger, in the Upscale panel."""
    CHARACTER = "character"
    """For upscaling: Faithful or Vivid, and repair."""


SOURCE_STRENGTH = 0.75
"""A request's strength of None with a source and no mask; with a mask it is 1."""
NOISE_LEVEL = 20
"""A request's noise level of None."""
ENLARGEMENT = 4
"""How many times longer the sides become where a model enlarges."""
DEFAULT_SIZE = Size(256, 256)
DEFAULT_MODEL = "landscape"
