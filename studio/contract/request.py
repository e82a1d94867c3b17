"""What a person asks for: one frozen value with everything a generation needs."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from studio.contract.catalog import DEFAULT_MODEL, DEFAULT_SIZE, SAMPLERS, SPACINGS
from studio.contract.geometry import Size

MAX_SEED = 2**32 - 1
MAX_STEPS = 1000
MAX_COUNT = 64


class Preview(StrEnum):
    """Which pictures every step carries."""

    NONE = "none"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True, eq=False)
class GenerateRequest:
    """One generation, validated when it is made; ValueError's text is a sentence for the person.

    ``label_map``: uint8 [H, W] of material ids, 255 = unlabelled, or None; resized to ``size``
    without new labels. ``guidance`` is the scale s of classifier-free guidance,
    e = e_u + s (e_c - e_u), 1 = none, applied where the noise fraction (time in [0, 1], 1 = pure
    noise) lies in ``guidance_interval``. Image i of ``count`` uses seed + i (modulo 2^32).
    ``sampler`` and ``spacing`` are keys of the catalog; None means the model's own default, as do
    ``steps`` and ``guidance`` of None. ``eta`` scales DDIM's noise, 0 = deterministic.
    ``class_id`` is a class of a class-conditional model, from 0; None where there is none.
    """

    model: str = DEFAULT_MODEL
    prompt: str = ""
    negative_prompt: str = ""
    label_map: np.ndarray | None = field(default=None, repr=False)
    size: Size = DEFAULT_SIZE
    seed: int = 0
    count: int = 1
    steps: int | None = None
    guidance: float | None = None
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    sampler: str | None = None
    spacing: str | None = None
    eta: float = 0.0
    class_id: int | None = None
    preview: Preview = Preview.BOTH

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"The seed must lie between 0 and {MAX_SEED}, not {self.seed}.")
        if not 1 <= self.count <= MAX_COUNT:
            raise ValueError(f"Ask for 1 to {MAX_COUNT} pictures, not {self.count}.")
        if self.steps is not None and not 1 <= self.steps <= MAX_STEPS:
            raise ValueError(f"Choose 1 to {MAX_STEPS} steps, not {self.steps}.")
        if self.guidance is not None and not 0 <= self.guidance <= 100:
            raise ValueError(f"Guidance must lie between 0 and 100, not {self.guidance}.")
        low, high = self.guidance_interval
        if not 0 <= low <= high <= 1:
            raise ValueError("The guidance interval must lie in 0..1, its start before its end.")
        if not 0 <= self.eta <= 1:
            raise ValueError(f"Eta must lie between 0 and 1, not {self.eta}.")
        if self.class_id is not None and self.class_id < 0:
            raise ValueError(f"Classes are numbered from 0; there is no {self.class_id}.")
        _check_key("sampler", self.sampler, [row.key for row in SAMPLERS])
        _check_key("spacing", self.spacing, [row.key for row in SPACINGS])
        if self.label_map is not None:
            if self.label_map.ndim != 2 or self.label_map.dtype != np.uint8:
                raise ValueError("A label map must be a two-dimensional array of 8-bit labels.")
            frozen = self.label_map.copy()
            frozen.flags.writeable = False
            object.__setattr__(self, "label_map", frozen)


def _check_key(what: str, key: str | None, known: list[str]) -> None:
    if key is not None and key not in known:
        raise ValueError(f"There is no {what} “{key}”; choose one of {', '.join(known)}.")
