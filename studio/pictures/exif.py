"""EXIF data changed in place, so that nothing a camera left there moves.

Makers' notes hold offsets from the start of the block: whoever writes the block anew breaks them.
"""

import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from studio.contract.geometry import Size

_PREFIX = b"Exif\0\0"
_ORIENTATION = 0x0112
_EXIF_FOLDER = 0x8769
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_WIDTHS = (0x0100, 0xA002)  # ImageWidth, PixelXDimension
_HEIGHTS = (0x0101, 0xA003)
_SHORT, _LONG = 3, 4


class _BrokenError(ValueError):
    """The block contradicts itself."""


@dataclass(frozen=True)
class _Entry:
    """One field: where its twelve bytes start, and its number if it is a single one."""

    at: int
    tag: int
    number: int | None


def without_prefix(exif: bytes) -> bytes:
    """The TIFF structure alone; some files have "Exif" in front of it, even twice."""
    while exif.startswith(_PREFIX):
        exif = exif[len(_PREFIX) :]
    return exif


def orientation_of(exif: bytes) -> int:
    """1..8 as EXIF counts them; 1 where the block does not say or is broken."""
    try:
        for entry in _entries(exif, _first_folder(exif)):
            if entry.tag == _ORIENTATION and entry.number is not None and 1 <= entry.number <= 8:
                return entry.number
    except _BrokenError:
        pass
    return 1


def upright(exif: bytes) -> bytes | None:
    """The block for a picture that has been turned upright, without its thumbnail.

    None if the block is broken.
    """
    block = bytearray(exif)
    try:
        first = _first_folder(exif)
        for entry in _entries(exif, first):
            if entry.tag == _ORIENTATION:
                _put(block, entry, 1)
        _drop_thumbnail(block, first)
    except _BrokenError:
        return None
    return bytes(block)


def resized(exif: bytes, size: Size) -> bytes:
    """The block with the sizes it states set to ``size``; only sizes that are there are changed."""
    block = bytearray(exif)
    try:
        entries = list(_entries(exif, _first_folder(exif)))
        folders = [entry.number for entry in entries if entry.tag == _EXIF_FOLDER]
        for folder in folders:
            entries += _entries(exif, folder or 0)
    except _BrokenError:
        return exif
    for entry in entries:
        if entry.tag in _WIDTHS:
            _put(block, entry, size.width)
        elif entry.tag in _HEIGHTS:
            _put(block, entry, size.height)
    return bytes(block)


def is_portable(exif: bytes) -> bool:
    """Whether Pillow can take the block apart and write its fields anew, as TIFF and AVIF need."""
    block = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block.load(exif)
            block.tobytes()
    except Exception:  # fields of wrong types bring up nearly anything
        return False
    return True


def _order(exif: bytes | bytearray) -> str:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(exif[:4]))
    if order is None:
        raise _BrokenError
    return order


def _unpack(form: str, exif: bytes | bytearray, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(_order(exif) + form, exif, at)
    except struct.error as error:
        raise _BrokenError from error


def _first_folder(exif: bytes) -> int:
    return _unpack("L", exif, 4)[0]


def _entries(exif: bytes, folder: int) -> Iterator[_Entry]:
    for index in range(_unpack("H", exif, folder)[0]):
        at = folder + 2 + 12 * index
        tag, kind, count, number = _unpack("HHLL", exif, at)
        if kind == _SHORT:
            number = _unpack("H", exif, at + 8)[0]
        single = count == 1 and kind in (_SHORT, _LONG)
        yield _Entry(at, tag, number if single else None)


def _put(block: bytearray, entry: _Entry, number: int) -> None:
    """Write a single number; as a long one where it does not fit a short."""
    if number < 2**16:
        struct.pack_into(_order(block) + "HLHH", block, entry.at + 2, _SHORT, 1, number, 0)
    else:
        struct.pack_into(_order(block) + "HLL", block, entry.at + 2, _LONG, 1, number)


def _drop_thumbnail(block: bytearray, first: int) -> None:
    """Unlink the second folder, and remove the small JPEG it points to."""
    whole = bytes(block)
    link = first + 2 + 12 * _unpack("H", whole, first)[0]
    second = _unpack("L", whole, link)[0] if link + 4 <= len(whole) else 0
    if second == 0:
        return
    struct.pack_into(_order(block) + "L", block, link, 0)
    try:
        fields = {entry.tag: entry.number for entry in _entries(whole, second)}
    except _BrokenError:
        return
    start, length = fields.get(_THUMBNAIL_START), fields.get(_THUMBNAIL_LENGTH)
    if start and length and whole[start : start + 2] == b"\xff\xd8":
        end = min(start + length, len(whole))
        block[start:end] = b"" if end >= len(whole) - 1 else bytes(end - start)
