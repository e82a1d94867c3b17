"""Pictures of more than 8 bits a channel, which Pillow would cut to 8: read through libvips.

Rows come in bands, so that nothing but the result is held, unless the file is interlaced.
"""

import functools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.pictures.turning import SIDEWAYS, stored

if TYPE_CHECKING:
    import pyvips

_BAND_PIXELS = 2**21
_GREY = ("b-w", "grey16")


class DeepError(Exception):
    """libvips can't read the file; the text is libvips' own."""


@functools.cache
def _vips() -> Any:
    """The library, loaded when the first such file comes: it takes a seventh of a second."""
    import pyvips

    logging.getLogger("pyvips").setLevel(logging.ERROR)
    pyvips.cache_set_max(0)  # a cached picture would survive its file's change
    return pyvips


def is_deep(path: Path) -> bool:
    """Whether the file has more than 8 bits a channel, by its header."""
    return _opened(path).format != "uchar"


def size_of(path: Path) -> tuple[int, int]:
    """Width and height as stored, by the header."""
    image = _opened(path)
    return image.width, image.height


def read_deep_heic(path: Path) -> np.ndarray:
    """uint16 [H, W, C] of a HEIC file of 10 or 12 bits, upright, alpha straight.

    libvips' own build leaves HEVC out; pillow-heif has it.
    """
    import pillow_heif

    image = pillow_heif.open_heif(path, convert_hdr_to_8bit=False, hdr_to_16bit=True)[0]
    pixels = np.asarray(image)
    return np.array(pixels[..., None] if pixels.ndim == 2 else pixels)


def read_deep(path: Path, orientation: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """uint8 or uint16 [H, W, C], upright, and what was converted on the way; alpha straight.

    Floating point of 0..1 and 32-bit integers become 16 bits. libvips itself undoes the
    multiplication by alpha that some TIFF files hold. Raises DeepError.
    """
    try:
        image, notices = _normal(_opened(path))
        return _filled(image, orientation), notices
    except _vips().Error as error:
        raise DeepError(str(error)) from error


def _opened(path: Path) -> "pyvips.Image":
    try:
        return _vips().Image.new_from_file(str(path), access="sequential", fail_on="error")
    except _vips().Error as error:
        raise DeepError(str(error)) from error


def _normal(image: "pyvips.Image") -> "tuple[pyvips.Image, tuple[str, ...]]":
    """The same picture as 8 or 16 bits of grey or RGB with or without alpha."""
    notices: list[str] = []
    if image.interpretation in ("cmyk", "lab", "labs", "labq"):
        name = "CMYK" if image.interpretation == "cmyk" else "Lab"
        image = _to_rgb16(image)
        notices.append(f"Its {name} colours were converted to sRGB.")
    if image.format not in ("uchar", "ushort"):
        image = _sixteen_bits(image)
        notices.append("Its pixels, which are finer than 16 bits a channel, were rounded to that.")
    colours = 1 if image.interpretation in _GREY or image.bands < 3 else 3
    if image.bands > colours + 1:
        image = image.extract_band(0, n=colours + 1)
        notices.append("Channels beside colour and alpha were left out.")
    return image, tuple(notices)


def _to_rgb16(image: "pyvips.Image") -> "pyvips.Image":
    if image.interpretation == "cmyk":
        return image.icc_transform(
            "srgb",
            embedded=True,
            input_profile="cmyk",
            depth=16,
            intent="relative",
            black_point_compensation=True,
        )
    return image.colourspace("rgb16")


def _sixteen_bits(image: "pyvips.Image") -> "pyvips.Image":
    if image.format in ("float", "double", "complex", "dpcomplex"):
        return (image * 65535).rint().cast("ushort")
    return image.cast("ushort", shift=True)


def _filled(image: "pyvips.Image", orientation: int) -> np.ndarray:
    width, height = image.width, image.height
    kind = np.uint8 if image.format == "uchar" else np.uint16
    upright = (width, height) if orientation in SIDEWAYS else (height, width)
    pixels = np.empty((*upright, image.bands), dtype=kind)
    view = stored(pixels, orientation)
    region = _vips().Region.new(image)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        count = min(rows, height - top)
        band = np.frombuffer(region.fetch(0, top, width, count), dtype=kind)
        view[top : top + count] = band.reshape(count, width, -1)
    return pixels
