"""Pictures as the window shows them: 8 bits, three or four channels, no more than it can hold."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from studio.contract.geometry import Size
from studio.pictures.reader import PictureReader

LARGEST_SHOWN = 24 * 2**20
"""Pixels of a picture that the window keeps to show; larger ones are shown reduced."""


def reduction_of(size: Size) -> int:
    """By how many times a picture of ``size`` is reduced to be shown."""
    return max(1, math.ceil(math.sqrt(size.width * size.height / LARGEST_SHOWN)))


def reduced_size(size: Size, reduction: int) -> Size:
    return Size(
        max(1, math.ceil(size.width / reduction)), max(1, math.ceil(size.height / reduction))
    )


def shown_pixels(pixels: np.ndarray) -> np.ndarray:
    """uint8 [h, w, 3 or 4] of any picture's pixels [h, w, 1..4], 8 or 16 bits."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.shape[2] <= 2:
        grey = np.repeat(pixels[:, :, :1], 3, axis=2)
        pixels = np.concatenate([grey, pixels[:, :, 1:]], axis=2)
    return np.ascontiguousarray(pixels)


def resized(pixels: np.ndarray, size: Size) -> np.ndarray:
    """uint8 [h, w, 3 or 4] averaged down to ``size``."""
    if (pixels.shape[1], pixels.shape[0]) == (size.width, size.height):
        return pixels
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((size.width, size.height), Image.Resampling.BOX))


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """``pixels`` uint8 [h, w, 3 or 4] of a picture of ``size``, its colours those of ``icc``."""

    pixels: np.ndarray = field(repr=False)
    size: Size
    icc: bytes | None = field(default=None, repr=False)


def read_shown(reader: PictureReader, path: Path) -> Shown:
    """What the window shows of a file; raises PictureError."""
    picture = reader.read(path)
    size = picture.size
    pixels = resized(shown_pixels(picture.pixels), reduced_size(size, reduction_of(size)))
    return Shown(pixels=pixels, size=size, icc=picture.icc)
