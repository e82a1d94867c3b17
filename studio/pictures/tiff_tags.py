"""What a TIFF file's tags say about its pixels, and the EXIF data that is scattered among them."""

import logging
import struct
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

log = logging.getLogger(__name__)

_BITS, _SAMPLE_FORMAT, _ORIENTATION = 258, 339, 274
_XMP, _ICC = 700, 34675
_UNSIGNED = 1

DESCRIPTIVE = frozenset(
    {
        269,  # document name
        270,  # image description
        271,  # make
        272,  # model
        285,  # page name
        305,  # software
        306,  # date and time
        315,  # artist
        316,  # host computer
        18246,  # rating
        18249,  # rating in percent
        33432,  # copyright
        *range(0x9C9B, 0x9CA0),  # Windows' title, comment, author, keywords, subject
    }
)
"""Tags that are about the picture, not about how this file stores it."""

FOLDERS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)


@dataclass(frozen=True)
class TiffTags:
    """``deep``: more than 8 bits a channel, or floating point; ``exif``: a block of its own,
    without orientation, None if there is nothing to say, or nothing that can be said again
    (``damaged``).
    """

    deep: bool
    orientation: int
    exif: bytes | None
    damaged: bool
    icc: bytes | None
    xmp: bytes | None


def read_file(path: Path) -> TiffTags:
    """The tags of a file whose pixels Pillow can't read; raises what a broken file brings."""
    found = Image.Exif()
    with path.open("rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        if 43 in head[2:4]:  # BigTIFF, which Pillow's EXIF reader must be told
            found.bigtiff, found.endian = True, order
            found.load_from_fp(file, struct.unpack(order + "Q", head[8:])[0])
        else:
            file.seek(0)
            found.load_from_fp(file)
        return read(found)


def read(tags: Image.Exif) -> TiffTags:
    """The tags of a TIFF file that is still open."""
    bits = _numbers(tags.get(_BITS, 1))
    formats = _numbers(tags.get(_SAMPLE_FORMAT, _UNSIGNED))
    orientation = tags.get(_ORIENTATION, 1)
    block = _exif(tags)
    return TiffTags(
        deep=max(bits) > 8 or any(kind != _UNSIGNED for kind in formats),
        orientation=orientation if orientation in range(1, 9) else 1,
        exif=block or None,
        damaged=block is None,
        icc=_bytes(tags.get(_ICC)),
        xmp=_bytes(tags.get(_XMP)),
    )


def _numbers(value: object) -> tuple[int, ...]:
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in numbers if isinstance(number, int)) or (0,)


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _exif(found: Image.Exif) -> bytes | None:
    """A block of what is about the picture, empty if nothing is; None if it can't be made."""
    block = Image.Exif()
    try:
        for tag in DESCRIPTIVE & set(found):
            block[tag] = found[tag]
        for folder in FOLDERS:
            if fields := found.get_ifd(folder):
                block[folder] = fields
        return block.tobytes().removeprefix(b"Exif\0\0") if len(block) else b""
    except Exception:  # fields of wrong types bring up nearly anything
        log.info("EXIF data left out", exc_info=True)
        return None
