"""Pixels of an opened Pillow image, at its own depth of 8 bits: grey or RGB, with or without alpha.

Rows are converted in bands and written straight to where they stand in the upright picture, so
that no second whole copy is ever made.
"""

import numpy as np
from PIL import Image

from studio.pictures.colours import Convert, to_srgb
from studio.pictures.turning import SIDEWAYS, stored

_BAND_PIXELS = 2**22

_CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_PLAIN = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "PA": "RGBA",
    "P": "RGB",
    "RGB": "RGB",
    "RGBX": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "YCbCr": "RGB",
    "HSV": "RGB",
}
_WITH_ALPHA = {"L": "LA", "RGB": "RGBA"}


def decode(
    image: Image.Image, orientation: int, icc: bytes | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """uint8 [H, W, C], upright, and what was converted on the way.

    Raises ValueError for a mode that holds more than 8 bits a channel, and whatever Pillow's
    decoders raise at damaged data.
    """
    image.load()
    if image.mode in ("CMYK", "LAB"):
        convert, notice = to_srgb(image.mode, icc)
        return _filled(image, "RGB", convert, orientation), (notice,)
    if image.mode not in _PLAIN:
        raise ValueError(f"pixels of mode {image.mode}")
    mode = _PLAIN[image.mode]
    if "transparency" in image.info:
        mode = _WITH_ALPHA.get(mode, mode)
    return _filled(image, mode, lambda part: _converted(part, mode), orientation), ()


def _converted(part: Image.Image, mode: str) -> Image.Image:
    if part.mode == mode:
        return part
    if mode == "LA" and part.mode in ("1", "L"):
        # Pillow knows a transparent grey only on the way over RGB.
        return part.convert("RGBA").convert("LA")
    return part.convert(mode)


def _filled(image: Image.Image, mode: str, convert: Convert, orientation: int) -> np.ndarray:
    width, height = image.size
    upright = (width, height) if orientation in SIDEWAYS else (height, width)
    pixels = np.empty((*upright, _CHANNELS[mode]), dtype=np.uint8)
    view = stored(pixels, orientation)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        part = convert(image.crop((0, top, width, bottom)))
        view[top:bottom] = np.asarray(part).reshape(bottom - top, width, -1)
    return pixels
