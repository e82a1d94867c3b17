"""What a person can choose from, by key and title; the engine has the function behind each key."""

from dataclasses import dataclass

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

DEFAULT_SIZE = Size(256, 256)
DEFAULT_MODEL = "landscape"
