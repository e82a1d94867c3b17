"""Formats whose encoders want the whole picture: JPEG, WebP and AVIF, through Pillow."""

from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from studio.contract.geometry import Size
from studio.pictures.formats import FormatOut
from studio.pictures.picture import Picture

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_FULL_COLOUR_FROM = 90  # of the quality; below it colour may have half the resolution


class AtOnce:
    """Gathers rows and encodes them at the end; four bytes of memory for a pixel meanwhile."""

    def __init__(
        self, stream: BinaryIO, size: Size, like: Picture, format: FormatOut, quality: int
    ) -> None:
        channels = like.pixels.shape[2]
        grey = stays_grey(channels, format)
        alpha = like.has_alpha and format.alpha
        self._image = Image.new(_MODES[(1 if grey else 3) + alpha], (size.width, size.height))
        self._stream, self._like, self._format = stream, like, format
        self._quality = quality
        self._top = 0

    def write(self, rows: np.ndarray) -> None:
        """Append rows: uint8 or uint16 [n, W, C]."""
        if rows.dtype == np.uint16:
            rows = to_8_bits(rows)
        channels = rows.shape[2]
        if channels in (2, 4) and not self._format.alpha:
            rows = over_white(rows)
            channels -= 1
        part = Image.fromarray(rows[..., 0] if channels == 1 else rows)
        self._image.paste(part.convert(self._image.mode), (0, self._top))
        self._top += len(rows)

    def end(self) -> None:
        """Encode, and write the file."""
        like, options = self._like, self._options()
        if like.dpi and self._format.key == "jpeg":
            options["dpi"] = tuple(round(dots) for dots in like.dpi)
        if like.exif:
            options["exif"] = b"Exif\0\0" + like.exif
        if like.xmp:
            options["xmp"] = like.xmp
        if like.icc:
            options["icc_profile"] = like.icc
        for _, text in like.texts:
            options["comment"] = text.encode()
        self._image.save(self._stream, self._format.label.upper(), **options)

    def _options(self) -> dict[str, Any]:
        full = self._quality >= _FULL_COLOUR_FROM
        match self._format.key:
            case "jpeg":
                return {"quality": self._quality, "subsampling": "4:4:4" if full else "4:2:0"}
            case "webp":
                return {"quality": self._quality, "exact": True}
            case _:
                subsampling = "4:4:4" if full else "4:2:0"
                if self._image.mode == "L":
                    subsampling = "4:0:0"
                return {"quality": self._quality, "subsampling": subsampling}


def stays_grey(channels: int, format: FormatOut) -> bool:
    """Whether the format keeps grey as one channel; Pillow's AVIF encoder not beside alpha."""
    if not format.grey or channels > 2:
        return False
    return channels == 1 or not format.alpha or max(format.bits) > 8


def to_8_bits(rows: np.ndarray) -> np.ndarray:
    """uint16 -> uint8, rounded: v / 257."""
    return ((rows.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)


def over_white(rows: np.ndarray) -> np.ndarray:
    """uint8 [n, W, C] with straight alpha last -> uint8 [n, W, C - 1] laid over white."""
    alpha = rows[..., -1:].astype(np.uint32)
    laid = rows[..., :-1] * alpha + 255 * (255 - alpha)
    return ((laid + 127) // 255).astype(np.uint8)
