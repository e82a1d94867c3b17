"""PNG files written row by row, of 8 or 16 bits, with all metadata that PNG can hold.

The chunks and filters are those of the PNG specification, third edition. The encoders that exist
want the whole picture at once, or drop EXIF, XMP or the profile.
"""

import re
import struct
import zlib
from typing import BinaryIO

import numpy as np

from studio.contract.geometry import Size
from studio.pictures.picture import Picture

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # of as many channels
_LEVEL = 4  # a third of the time that 6 takes, and no larger on photographs
_METRE_IN_INCHES = 1 / 0.0254
_BAND_BYTES = 2**18
_LONGEST_KEYWORD = 79


class PngRows:
    """Writes the head at once, then rows as they arrive; ``stream`` stays open.

    ``rows``: uint8 or uint16 [n, W, C] as the head said.
    """

    def __init__(self, stream: BinaryIO, size: Size, like: Picture) -> None:
        channels = like.pixels.shape[2]
        self._stream = stream
        self._pixel = channels * like.pixels.itemsize
        self._above = np.zeros((1, size.width * self._pixel), dtype=np.uint8)
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
        stream.write(b"\x89PNG\r\n\x1a\n")
        head = (size.width, size.height, like.bits, _COLOUR_TYPES[channels], 0, 0, 0)
        self._chunk(b"IHDR", struct.pack(">LLBBBBB", *head))
        self._describe(like)

    def write(self, rows: np.ndarray) -> None:
        """Append rows."""
        count = max(1, _BAND_BYTES // self._above.shape[1])
        for top in range(0, len(rows), count):
            part = rows[top : top + count]
            if part.dtype == np.uint16:
                part = part.astype(">u2")
            raw = np.ascontiguousarray(part).view(np.uint8).reshape(len(part), -1)
            self._data(self._packer.compress(_filtered(raw, self._above, self._pixel)))
            self._above = raw[-1:]

    def end(self) -> None:
        """Write what is left and the end of the file."""
        self._data(self._packer.flush())
        self._chunk(b"IEND", b"")

    def _describe(self, like: Picture) -> None:
        if like.icc:
            self._chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(like.icc, 9))
        if like.dpi:
            across, down = (round(dots * _METRE_IN_INCHES) for dots in like.dpi)
            self._chunk(b"pHYs", struct.pack(">LLB", across, down, 1))
        if like.exif:
            self._chunk(b"eXIf", like.exif)
        if like.xmp:
            self._chunk(b"iTXt", b"XML:com.adobe.xmp" + b"\0" * 5 + like.xmp)
        for name, text in like.texts:
            self._chunk(b"iTXt", _keyword(name) + b"\0" * 5 + text.replace("\0", "").encode())

    def _data(self, packed: bytes) -> None:
        if packed:
            self._chunk(b"IDAT", packed)

    def _chunk(self, kind: bytes, data: bytes) -> None:
        self._stream.write(struct.pack(">L", len(data)) + kind)
        self._stream.write(data)
        self._stream.write(struct.pack(">L", zlib.crc32(data, zlib.crc32(kind))))


def _keyword(name: str) -> bytes:
    """What a chunk may be called: printable Latin-1, single spaces, 79 at most."""
    allowed = re.sub(r"[^\x21-\x7e\xa1-\xff]+", " ", name).strip()[:_LONGEST_KEYWORD].strip()
    return (allowed or "Comment").encode("latin-1")


def _filtered(raw: np.ndarray, above: np.ndarray, pixel: int) -> bytes:
    """Each row behind its filter's number: uint8 [n, B] -> n (B + 1) bytes.

    Of the filters None, Sub, Up and Paeth each row takes the one whose differences are smallest in
    sum, the rule that the specification recommends. ``above``: [1, B], the row before the first.
    """
    up = np.concatenate([above, raw[:-1]])
    left, corner = np.zeros_like(raw), np.zeros_like(raw)
    left[:, pixel:], corner[:, pixel:] = raw[:, :-pixel], up[:, :-pixel]
    # uint8 arithmetic wraps, as the filters want it.
    candidates = {0: raw, 1: raw - left, 2: raw - up, 4: raw - _paeth(left, up, corner)}
    costs = [np.abs(some.view(np.int8).astype(np.int16)).sum(1) for some in candidates.values()]
    best = np.argmin(costs, axis=0)
    rows = np.empty((len(raw), raw.shape[1] + 1), dtype=np.uint8)
    for place, (number, some) in enumerate(candidates.items()):
        chosen = best == place
        rows[chosen, 0] = number
        rows[chosen, 1:] = some[chosen]
    return rows.tobytes()


def _paeth(left: np.ndarray, up: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Whichever of the three neighbours is nearest to left + up - corner, in that order."""
    a, b, c = (some.astype(np.int16) for some in (left, up, corner))
    to_left, to_up = np.abs(b - c), np.abs(a - c)
    to_corner = np.abs(a + b - 2 * c)
    is_left = (to_left <= to_up) & (to_left <= to_corner)
    return np.where(is_left, left, np.where(to_up <= to_corner, up, corner))
