"""A picture as it was in its file: every channel and bit, and what the file says about it."""

from dataclasses import dataclass, field

import numpy as np

from studio.contract.geometry import Size

LARGEST_PIXELS = 120_000_000
"""What is opened unless the person raises it: medium-format cameras take 102 megapixels.

A decoder may need 16 bytes of memory for each pixel, so that this much stays within 2 GB.
"""


class PictureError(Exception):
    """A picture can't be read or written; the text is one sentence that says why and what to do."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A decoded picture, upright.

    ``pixels``: uint8 or uint16 [H, W, C], C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; the full
    range of the type, alpha straight. ``icc`` describes the colours; None means sRGB (grey: its
    tone curve). ``exif``: a TIFF structure without the "Exif" in front, its orientation set to
    upright and its thumbnail gone; ``xmp``: a UTF-8 packet, upright likewise. ``texts``: named
    texts of PNG files and comments of JPEG files. ``dpi``: horizontal, vertical.
    ``format`` is a key of the formats table; ``notices`` are sentences: what was left behind.
    """

    pixels: np.ndarray = field(repr=False)
    format: str
    exif: bytes | None = field(default=None, repr=False)
    icc: bytes | None = field(default=None, repr=False)
    xmp: bytes | None = field(default=None, repr=False)
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    dpi: tuple[float, float] | None = None
    notices: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        return Size(self.pixels.shape[1], self.pixels.shape[0])

    @property
    def bits(self) -> int:
        """Bits per channel, 8 or 16."""
        return self.pixels.itemsize * 8

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)

    @property
    def is_grey(self) -> bool:
        return self.pixels.shape[2] < 3


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureInfo:
    """What a file's header says: the upright size, the format's key, bits per channel, frames.

    ``thumbnail``: uint8 [h, w, 4] sRGB with straight alpha, or None where none was asked for.
    """

    size: Size
    format: str
    bits: int
    frames: int = 1
    thumbnail: np.ndarray | None = field(default=None, repr=False)
