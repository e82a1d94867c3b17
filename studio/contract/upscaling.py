"""What a person asks for when a picture is to become larger, and what happens meanwhile.

The events come in the order Loading*, UpscaleStarted, (TileDone | BandDone)*, one of
UpscaleFinished, Cancelled and Failed.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from studio.contract.events import Cancelled, Failed, Loading
from studio.contract.geometry import Size
from studio.contract.request import MAX_SEED

DEFAULT_UPSCALER = "upscale-x4"
NATIVE_SCALE = 4
"""What one pass of an upscaling model does; other scales are made of passes and a resize."""

LONGEST_SIDE = 2**20
"""Of what is made, in pixels: beyond it a number was surely mistyped."""

SMALLEST_TILE = 48
"""Sides of a tile in pixels of the picture that goes into the network: two overlaps."""


class UpscaleMode(StrEnum):
    """The two characters of an upscaler."""

    FAITHFUL = "faithful"
    VIVID = "vivid"


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of a picture in its own pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, eq=False)
class UpscaleRequest:
    """One picture to enlarge, validated when it is made; ValueError's text is a sentence.

    ``pixels``: uint8 or uint16 [H, W, C] in sRGB; C is 1 (grey), 2 (grey, alpha), 3 (RGB) or
    4 (RGBA), alpha is straight. The result has the same dtype and C. It is ``target`` large, or
    ``scale`` times as large when there is no target; exactly one of the two is given, and scale 4
    stands for neither. ``strength``: how much invented detail Vivid adds, 0 = none, 1 = all that
    the model sampled; Faithful ignores it and ``seed``. ``repair``: how damaged the picture is,
    0 = not at all, 1 = strong noise and JPEG marks to be removed. ``tile``: longest side of what
    the network sees at once, in pixels of the small picture; None = what suits the memory.
    ``region``: make only this part, as it will look in the whole; its size is multiplied by the
    same factors, see ``output_size``.
    """

    pixels: np.ndarray = field(repr=False)
    model: str = DEFAULT_UPSCALER
    scale: float | None = None
    target: Size | None = None
    mode: UpscaleMode = UpscaleMode.FAITHFUL
    strength: float = 1.0
    repair: float = 0.0
    seed: int = 0
    tile: int | None = None
    region: Region | None = None

    def __post_init__(self) -> None:
        self._check_pixels()
        if self.target is None and self.scale is None:
            object.__setattr__(self, "scale", float(NATIVE_SCALE))
        elif self.target is not None and self.scale is not None:
            raise ValueError("Give either a scale or a size to reach, not both.")
        if self.scale is not None and not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"The scale must be a positive number, not {self.scale}.")
        for what, value in (("strength", self.strength), ("repair", self.repair)):
            if not 0 <= value <= 1:
                raise ValueError(f"The {what} must lie between 0 and 1, not {value}.")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"The seed must lie between 0 and {MAX_SEED}, not {self.seed}.")
        if self.tile is not None and self.tile < SMALLEST_TILE:
            raise ValueError(f"A tile must be at least {SMALLEST_TILE} pixels, not {self.tile}.")
        self._check_region()
        if max(self.output_size.width, self.output_size.height) > LONGEST_SIDE:
            raise ValueError(
                f"The picture would be {self.output_size} pixels; a side can have at most "
                f"{LONGEST_SIDE}."
            )

    @property
    def input_size(self) -> Size:
        """Of the whole picture that was given."""
        height, width = self.pixels.shape[:2]
        return Size(width, height)

    @property
    def whole_size(self) -> Size:
        """Of the whole picture when it is enlarged, whatever the region."""
        if self.target is not None:
            return self.target
        assert self.scale is not None
        return self._scaled(self.input_size.width, self.input_size.height, self.scale, self.scale)

    @property
    def output_size(self) -> Size:
        """Of what is made: the whole, or the region of it."""
        if self.region is None:
            return self.whole_size
        given, made = self.input_size, self.whole_size
        across, down = made.width / given.width, made.height / given.height
        return self._scaled(self.region.width, self.region.height, across, down)

    @staticmethod
    def _scaled(width: int, height: int, across: float, down: float) -> Size:
        return Size(max(1, round(width * across)), max(1, round(height * down)))

    def _check_pixels(self) -> None:
        pixels = self.pixels
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4) or pixels.size == 0:
            raise ValueError("A picture must be an array [height, width, 1 to 4 channels].")
        if pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"A picture must have 8 or 16 bits a channel, not {pixels.dtype}.")
        if pixels.flags.writeable:
            frozen = pixels.copy()
            frozen.flags.writeable = False
            object.__setattr__(self, "pixels", frozen)

    def _check_region(self) -> None:
        part = self.region
        if part is None:
            return
        inside = part.left >= 0 and part.top >= 0 and part.width >= 1 and part.height >= 1
        size = self.input_size
        if (
            not inside
            or part.left + part.width > size.width
            or (part.top + part.height > size.height)
        ):
            raise ValueError(f"The region must lie within the picture, which is {size} pixels.")


@dataclass(frozen=True, kw_only=True)
class UpscaleStarted:
    """The work begins. ``size`` is that of what is made, in ``tiles`` pieces; ``notices`` are
    sentences the person should know.
    """

    request: UpscaleRequest
    size: Size
    tiles: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class TileDone:
    """Tile ``number`` of ``tiles``, counted from 1, is there to be looked at.

    ``left``, ``top`` and ``size`` say which part of the result it covers; ``pixels``: read-only
    [h, w, C] of the request's dtype and channels, of that size or smaller where the whole is too
    large to be shown pixel by pixel. The bands bring the final values, blended with the
    neighbours. ``elapsed`` and ``remaining`` are seconds of the job.
    """

    number: int
    tiles: int
    left: int
    top: int
    size: Size
    pixels: np.ndarray = field(repr=False)
    elapsed: float
    remaining: float


@dataclass(frozen=True, kw_only=True, eq=False)
class BandDone:
    """Finished rows of the result from row ``top`` on: read-only [n, width, C] of the request's
    dtype and channels. Bands come in order from the top and leave nothing out.
    """

    top: int
    pixels: np.ndarray = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class UpscaleFinished:
    """The job ended well: every row was in a band. ``evaluations``: network calls a tile took."""

    size: Size
    elapsed: float
    evaluations: int


UpscaleEvent = Loading | UpscaleStarted | TileDone | BandDone | UpscaleFinished | Cancelled | Failed
