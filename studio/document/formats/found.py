"""Settings found in a picture that some program made, as far as it wrote them down."""

from dataclasses import dataclass, replace
from typing import Any, Self

from studio.contract.catalog import SAMPLERS
from studio.contract.geometry import LARGEST_SIDE, Size
from studio.contract.request import MAX_SEED, MAX_STEPS, GenerateRequest

_ALIASES = {
    "euler_ancestral": "euler_a",
    "k_euler": "euler",
    "k_euler_a": "euler_a",
    "euler_k": "euler",
    "heun_k": "heun",
    "k_heun": "heun",
    "uni_pc": "unipc",
    "uni_pc_bh2": "unipc",
    "ddim_uniform": "ddim",
    "dpmpp_2m_k": "dpmpp_2m",
    "dpmpp_2m_sde_k": "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu": "dpmpp_2m_sde",
    "k_dpmpp_2m": "dpmpp_2m",
    "pndm": "plms",
}


@dataclass(frozen=True, kw_only=True)
class FoundSettings:
    """What could be read; None where the picture says nothing. ``program`` names who wrote it."""

    program: str
    prompt: str = ""
    negative_prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    spacing: str | None = None
    seed: int | None = None
    size: Size | None = None
    strength: float | None = None

    @classmethod
    def read(
        cls,
        program: str,
        *,
        prompt: object = "",
        negative_prompt: object = "",
        steps: object = None,
        guidance: object = None,
        sampler: object = "",
        schedule: object = "",
        seed: object = None,
        strength: object = None,
        width: object = None,
        height: object = None,
    ) -> Self:
        """From what a file holds, whatever its types; what makes no sense is left out."""
        called, spacing = _sampler_called(_text_from(sampler))
        return cls(
            program=program,
            prompt=_text_from(prompt),
            negative_prompt=_text_from(negative_prompt),
            steps=_whole(steps, 1, MAX_STEPS),
            guidance=_number(guidance, 0, 100),
            sampler=called,
            spacing="karras" if _text_from(schedule).lower() == "karras" else spacing,
            seed=_seed_from(seed),
            strength=_number(strength, 0, 1),
            size=_size_from(width, height),
        )

    def applied_to(self, request: GenerateRequest) -> GenerateRequest:
        """``request`` with everything found that the studio can use."""
        known: dict[str, Any] = {
            "steps": self.steps,
            "guidance": self.guidance,
            "sampler": self.sampler,
            "spacing": self.spacing,
            "seed": self.seed,
            "size": self.size,
            "strength": self.strength,
        }
        known = {name: value for name, value in known.items() if value is not None}
        return replace(
            request, prompt=self.prompt, negative_prompt=self.negative_prompt, count=1, **known
        )


def _sampler_called(name: str) -> tuple[str | None, str | None]:
    """Keys of the sampler and spacing that another program calls ``name``, None if unknown."""
    plain = name.strip()
    spacing = None
    for suffix in (" Karras", " karras", "_karras"):
        if plain.endswith(suffix):
            plain, spacing = plain.removesuffix(suffix), "karras"
    for row in SAMPLERS:
        if plain.lower() in (row.title.lower(), row.key):
            return row.key, spacing
    folded = plain.lower().replace(" ", "_").replace("++", "pp")
    return _ALIASES.get(folded), "karras" if folded.endswith("_k") else spacing


def _whole(value: object, low: int, high: int) -> int | None:
    """An integer in range out of what a file holds, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if low <= number <= high else None


def _seed_from(value: object) -> int | None:
    """A seed, or None; the 64-bit seeds of other programs are taken modulo 2^32."""
    number = _whole(value, 0, 2**64 - 1)
    return None if number is None else number % (MAX_SEED + 1)


def _number(value: object, low: float, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if low <= number <= high else None


def _size_from(width: object, height: object) -> Size | None:
    """A size, or None."""
    columns, rows = _whole(width, 1, LARGEST_SIDE), _whole(height, 1, LARGEST_SIDE)
    return None if columns is None or rows is None else Size(columns, rows)


def _text_from(value: object) -> str:
    """A text, empty if it is something else."""
    return value if isinstance(value, str) else ""
