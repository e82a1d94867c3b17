"""What a person asks for: one frozen value with everything a generation needs."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from studio.contract.catalog import DEFAULT_MODEL, DEFAULT_SIZE, SAMPLERS, SPACINGS
from studio.contract.geometry import Size
from studio.contract.prompt_tags import Loras

MAX_SEED = 2**32 - 1
MAX_STEPS = 1000
MAX_COUNT = 64
MAX_NOISE_LEVEL = 350
MAX_LORA = 10


class Preview(StrEnum):
    """Which pictures every step carries."""

    NONE = "none"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where one object shall be: its sides as fractions of the picture, 0..1 from its upper left
    corner, and ``label``, the number of its kind in the model's own list.
    """

    label: int
    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if self.label < 0:
            raise ValueError(f"Kinds of objects are numbered from 0; there is no {self.label}.")
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError("A box must lie inside the picture, its left side before its right.")


@dataclass(frozen=True, kw_only=True, eq=False)
class GenerateRequest:
    """One generation, validated when it is made; ValueError's text is a sentence for the person.

    ``label_map``: uint8 [H, W] of material ids, 255 = unlabelled, or None; resized to ``size``
    without new labels. ``map_strength`` is how firmly a ControlNet holds to it, 0..2.
    ``guidance`` is the scale s of classifier-free guidance,
    e = e_u + s (e_c - e_u), 1 = none, applied where the noise fraction (time in [0, 1], 1 = pure
    noise) lies in ``guidance_interval``. Image i of ``count`` uses seed + i (modulo 2^32).
    ``sampler`` and ``spacing`` are keys of the catalog; None means the model's own default, as do
    ``steps`` and ``guidance`` of None. ``eta`` scales DDIM's noise, 0 = deterministic.
    ``class_id`` is a class of a class-conditional model, from 0; None where there is none.

    ``source``: uint8 [H, W, 3] sRGB, the picture to start from (image-to-image), to repaint a part
    of, or to enlarge; resized to ``size`` except where the model enlarges. ``strength`` is the
    share of the steps that is run from the noised source, 0..1: 0 all but keeps it, 1 keeps next to
    nothing; None is SOURCE_STRENGTH without a mask and 1 with one. ``mask``: uint8 [H, W] of the
    source's size (or bool), 255 = repaint, 0 = keep, greys blend the edge. ``boxes`` are for layout
    models; ``noise_level`` (0..350, None the model's default) is how much noise the upscaler adds
    to the source before it enlarges it: more lets it invent more. ``depth``: uint8 [H, W], how near
    things are, 255 = nearest; its greys count relative to each other, and it is resized to
    ``size``. ``loras`` are LoRA files by name or path with their weights, beside those that the
    prompt names as <lora:NAME:WEIGHT>.
    """

    model: str = DEFAULT_MODEL
    prompt: str = ""
    negative_prompt: str = ""
    label_map: np.ndarray | None = field(default=None, repr=False)
    map_strength: float = 1.0
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
    source: np.ndarray | None = field(default=None, repr=False)
    strength: float | None = None
    mask: np.ndarray | None = field(default=None, repr=False)
    boxes: tuple[Box, ...] = ()
    noise_level: int | None = None
    depth: np.ndarray | None = field(default=None, repr=False)
    loras: Loras = ()
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
        if self.strength is not None and not 0 <= self.strength <= 1:
            raise ValueError(f"Strength must lie between 0 and 1, not {self.strength}.")
        if self.noise_level is not None and not 0 <= self.noise_level <= MAX_NOISE_LEVEL:
            raise ValueError(
                f"The noise level must lie between 0 and {MAX_NOISE_LEVEL}, not {self.noise_level}."
            )
        if not 0 <= self.map_strength <= 2:
            raise ValueError(f"The map's strength must lie between 0 and 2: {self.map_strength}.")
        for name, weight in self.loras:
            if not name or not -MAX_LORA <= weight <= MAX_LORA:
                raise ValueError(
                    f"A LoRA's weight must lie between -{MAX_LORA} and {MAX_LORA}, not {weight}."
                )
        self._keep_pictures()

    def _keep_pictures(self) -> None:
        """Check the arrays and keep read-only copies, which nobody can change behind our back."""
        if self.label_map is not None:
            if self.label_map.ndim != 2 or self.label_map.dtype != np.uint8:
                raise ValueError("A label map must be a two-dimensional array of 8-bit labels.")
            self._keep("label_map", self.label_map)
        if self.depth is not None:
            if self.depth.ndim != 2 or 0 in self.depth.shape or self.depth.dtype != np.uint8:
                raise ValueError("A depth picture must be a two-dimensional array of 8-bit greys.")
            self._keep("depth", self.depth)
        if self.source is not None:
            shape = self.source.shape
            if len(shape) != 3 or shape[2] != 3 or 0 in shape or self.source.dtype != np.uint8:
                raise ValueError("A source picture must be an array of 8-bit red, green and blue.")
            self._keep("source", self.source)
        if self.mask is not None:
            if self.mask.ndim != 2 or self.mask.dtype not in (np.uint8, np.bool_):
                raise ValueError("A mask must be a two-dimensional array of 8-bit greys.")
            if self.source is None:
                raise ValueError("A mask needs the picture that it is a mask of.")
            if self.mask.shape != self.source.shape[:2]:
                raise ValueError(
                    f"The mask is of {_size(self.mask)}, but its picture of {_size(self.source)}."
                )
            grey = self.mask.dtype == np.uint8
            self._keep("mask", self.mask if grey else self.mask * np.uint8(255))

    def _keep(self, name: str, array: np.ndarray) -> None:
        frozen = array.copy()
        frozen.flags.writeable = False
        object.__setattr__(self, name, frozen)


def _size(array: np.ndarray) -> Size:
    return Size(array.shape[1], array.shape[0])


def _check_key(what: str, key: str | None, known: list[str]) -> None:
    if key is not None and key not in known:
        raise ValueError(f"There is no {what} “{key}”; choose one of {', '.join(known)}.")
