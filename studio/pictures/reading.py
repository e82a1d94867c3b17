"""Reading pictures of any kind, upright, with all that belongs to them.

The header is looked at before anything is decoded, so that a file that claims to be huge is
refused at once.
"""

import contextlib
import logging
import math
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from studio.pictures import deep
from studio.pictures.colours import in_srgb, space_of
from studio.pictures.decoding import decode
from studio.pictures.headers import Header, has_more, opened
from studio.pictures.picture import LARGEST_PIXELS, Picture, PictureError, PictureInfo
from studio.pictures.thumbnail import thumbnail_of

log = logging.getLogger(__name__)

_SRGB_GAMMA = 1 / 2.2


def read_picture(path: Path, *, largest: int = LARGEST_PIXELS) -> Picture:
    """The picture in a file, its first frame or page; raises PictureError with a sentence.

    ``largest``: how many pixels it may have.
    """
    with _sentences(path), opened(path, largest, loaded=True) as header:
        pixels, converted = _pixels(header)
        pixels.flags.writeable = False
        icc, refused = _fitting(header.icc, pixels.shape[2] < 3)
        info = header.image.info if header.image is not None else {}
        return Picture(
            pixels=pixels,
            format=header.kind,
            exif=header.exif,
            icc=icc,
            xmp=header.xmp,
            texts=_texts(header.image),
            dpi=_dpi(info),
            notices=(*header.notices, *converted, *refused, *_odd_gamma(info)),
        )


def probe_picture(
    path: Path, *, thumbnail_side: int | None = None, largest: int = LARGEST_PIXELS
) -> PictureInfo:
    """What the header says, and a thumbnail if its longest side is given; raises PictureError.

    JPEG files are decoded no larger than the thumbnail needs.
    """
    with _sentences(path), opened(path, largest, loaded=thumbnail_side is not None) as header:
        return PictureInfo(
            size=header.size,
            format=header.kind,
            bits=16 if header.deep else 8,
            frames=2 if header.image is not None and has_more(header.image) else 1,
            thumbnail=_thumbnail(header, thumbnail_side) if thumbnail_side else None,
        )


@contextlib.contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Make a sentence of whatever a file can do to a decoder."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(f"There is no file “{path}”.") from error
    except PermissionError as error:
        raise PictureError(f"“{path.name}” may not be read; check who is allowed to.") from error
    except MemoryError as error:
        raise PictureError(
            f"“{path.name}” needs more memory than there is; make it smaller first."
        ) from error
    # Decoders raise nearly anything at damaged data: struct.error, KeyError, SyntaxError, ...
    except Exception as error:
        log.info("“%s” can't be read", path, exc_info=True)
        raise PictureError(
            f"“{path.name}” is damaged or incomplete and can't be read; get a fresh copy of it."
        ) from error


def _pixels(header: Header) -> tuple[np.ndarray, tuple[str, ...]]:
    if header.kind == "heic" and header.deep:
        return deep.read_deep_heic(header.path), ()
    if header.deep:
        return deep.read_deep(header.path, header.turn)
    assert header.image is not None  # what Pillow can't open is read as deep
    return decode(header.image, header.turn, header.icc)


def _fitting(icc: bytes | None, grey: bool) -> tuple[bytes | None, tuple[str, ...]]:
    """The profile if it describes pixels like these; CMYK and Lab ones have done their work."""
    if not icc:
        return None, ()
    space = space_of(icc)
    if space == ("grey" if grey else "RGB"):
        return icc, ()
    if space in ("CMYK", "Lab"):
        return None, ()
    return None, ("Its colour profile is damaged or for other colours, and was left out.",)


def _texts(image: Image.Image | None) -> tuple[tuple[str, str], ...]:
    """Named texts of a PNG file, the comment of a JPEG or GIF file."""
    if isinstance(image, PngImagePlugin.PngImageFile):
        return tuple((name, str(text)) for name, text in image.text.items() if _is_text(name))
    comment = image.info.get("comment") if image is not None else None
    if isinstance(comment, bytes) and comment:
        return (("Comment", comment.decode("utf-8", errors="replace")),)
    return ()


def _is_text(name: str) -> bool:
    return name != "XML:com.adobe.xmp" and not name.startswith("Raw profile type")


def _dpi(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    plausible = all(math.isfinite(value) and 1 <= value <= 100_000 for value in (across, down))
    return (across, down) if plausible else None


def _odd_gamma(info: Mapping[Any, Any]) -> tuple[str, ...]:
    gamma = info.get("gamma")
    if not isinstance(gamma, float) or "srgb" in info or "icc_profile" in info:
        return ()
    if abs(gamma - _SRGB_GAMMA) < 0.01:
        return ()
    return (f"Its unusual gamma of {gamma:.3g} was left out; the picture may look different.",)


def _thumbnail(header: Header, side: int) -> np.ndarray:
    """uint8 [h, w, 4] sRGB, upright, at most ``side`` long."""
    if header.image is not None and not header.deep:
        header.image.draft("RGB", (2 * side, 2 * side))
    pixels, _ = _pixels(header)
    icc, _ = _fitting(header.icc, pixels.shape[2] < 3)
    return in_srgb(thumbnail_of(pixels, side), icc)
