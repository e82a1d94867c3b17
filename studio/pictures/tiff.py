"""TIFF files written row by row, of 8 or 16 bits, deflated, with all metadata that TIFF can hold.

Files that could outgrow 4 GB are BigTIFF. The strips come first and the directory, which Pillow
serialises, last; so nothing but one strip is held.
"""

import struct
import zlib
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from PIL.TiffTags import BYTE, LONG, LONG8, SHORT, UNDEFINED

from studio.contract.geometry import Size
from studio.pictures.picture import Picture
from studio.pictures.tiff_tags import DESCRIPTIVE, FOLDERS

_STRIP_BYTES = 2**19
_LEVEL = 4
_ADOBE_DEFLATE = 8
_HORIZONTAL_DIFFERENCES = 2
_GREY, _RGB = 1, 2
_STRAIGHT_ALPHA = 2
_OFFSETS, _COUNTS = 273, 279
_CLASSIC_LIMIT = 3_900_000_000  # of uncompressed bytes; offsets end at 2^32


class TiffRows:
    """Writes strips as rows arrive, and the directory at the end; ``stream`` stays open."""

    def __init__(self, stream: BinaryIO, size: Size, like: Picture) -> None:
        self._stream, self._size, self._like = stream, size, like
        row = size.width * like.pixels.shape[2] * like.pixels.itemsize
        self._big = row * size.height > _CLASSIC_LIMIT
        self._strip_rows = max(1, min(size.height, _STRIP_BYTES // row))
        self._waiting: list[np.ndarray] = []
        self._offsets: list[int] = []
        self._counts: list[int] = []
        stream.write(b"II+\0\x08\0\0\0" + b"\0" * 8 if self._big else b"II*\0" + b"\0" * 4)

    def write(self, rows: np.ndarray) -> None:
        """Append rows: uint8 or uint16 [n, W, C]."""
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) < self._strip_rows:
            return
        rows = np.concatenate(self._waiting)
        whole = len(rows) - len(rows) % self._strip_rows
        for top in range(0, whole, self._strip_rows):
            self._strip(rows[top : top + self._strip_rows])
        self._waiting = [rows[whole:].copy()] if whole < len(rows) else []

    def end(self) -> None:
        """Write what is left, the directory, and where it is."""
        if self._waiting:
            self._strip(np.concatenate(self._waiting))
        start = self._stream.tell() + self._stream.tell() % 2
        self._stream.seek(start)
        self._stream.write(self._directory(start))
        self._stream.seek(8 if self._big else 4)
        self._stream.write(struct.pack("<Q" if self._big else "<L", start))

    def _strip(self, rows: np.ndarray) -> None:
        # Unsigned arithmetic wraps, as the predictor wants it.
        differences = rows.astype(rows.dtype.newbyteorder("<"))
        differences[:, 1:] -= rows[:, :-1]
        packed = zlib.compress(differences.tobytes(), _LEVEL)
        self._offsets.append(self._stream.tell())
        self._counts.append(len(packed))
        self._stream.write(packed)

    def _directory(self, start: int) -> bytes:
        head = b"II+\0\x08\0\0\0" + b"\0" * 8 if self._big else b"II*\0" + b"\0" * 4
        tags = ImageFileDirectory_v2(head)
        self._describe(tags)
        channels = self._like.pixels.shape[2]
        for tag, value in (
            (256, self._size.width),
            (257, self._size.height),
            (258, (self._like.bits,) * channels),
            (259, _ADOBE_DEFLATE),
            (262, _GREY if channels < 3 else _RGB),
            (277, channels),
            (278, self._strip_rows),
            (284, 1),  # the channels of a pixel side by side
            (317, _HORIZONTAL_DIFFERENCES),
        ):
            tags.tagtype[tag] = LONG if tag in (256, 257, 278) else SHORT
            tags[tag] = value
        if self._like.has_alpha:
            tags.tagtype[338] = SHORT
            tags[338] = _STRAIGHT_ALPHA
        kind = LONG8 if self._big else LONG
        tags.tagtype[_OFFSETS] = tags.tagtype[_COUNTS] = kind
        tags[_OFFSETS], tags[_COUNTS] = (0,) * len(self._offsets), tuple(self._counts)
        return self._with_offsets(bytearray(tags.tobytes(start)), start)

    def _with_offsets(self, directory: bytearray, start: int) -> bytes:
        """Put the strips' offsets in; Pillow would shift them, expecting strips to come last."""
        count_form, entry, form = ("<Q", 20, "Q") if self._big else ("<H", 12, "L")
        (count,) = struct.unpack_from(count_form, directory)
        first = struct.calcsize(count_form)
        for at in range(first, first + count * entry, entry):
            if struct.unpack_from("<H", directory, at)[0] == _OFFSETS:
                place = at + entry - struct.calcsize("<" + form)
                if len(self._offsets) > 1:
                    place = struct.unpack_from("<" + form, directory, place)[0] - start
                struct.pack_into(f"<{len(self._offsets)}{form}", directory, place, *self._offsets)
        return bytes(directory)

    def _describe(self, tags: ImageFileDirectory_v2) -> None:
        if self._like.exif:
            found = Image.Exif()
            found.load(self._like.exif)
            for tag in DESCRIPTIVE & set(found):
                tags[tag] = found[tag]
            for folder in FOLDERS:
                if fields := found.get_ifd(folder):
                    tags[folder] = fields
        if self._like.dpi:
            tags[282], tags[283], tags[296] = *self._like.dpi, 2
        if self._like.xmp:
            tags.tagtype[700] = BYTE
            tags[700] = self._like.xmp
        if self._like.icc:
            tags.tagtype[34675] = UNDEFINED
            tags[34675] = self._like.icc
