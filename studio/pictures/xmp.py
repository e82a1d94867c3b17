"""XMP packets: what they say about size and orientation follows the picture."""

import re

from studio.contract.geometry import Size

_THUMBNAILS = re.compile(rb"<xmp:Thumbnails\b.*?</xmp:Thumbnails>", re.DOTALL)
_ORIENTATION = (b"tiff:Orientation",)
_WIDTHS = (b"tiff:ImageWidth", b"exif:PixelXDimension")
_HEIGHTS = (b"tiff:ImageLength", b"exif:PixelYDimension")


def upright(xmp: bytes) -> bytes:
    """The packet for a picture that has been turned upright, without thumbnails."""
    return _with(_THUMBNAILS.sub(b"", xmp), _ORIENTATION, 1)


def resized(xmp: bytes, size: Size) -> bytes:
    """The packet with the sizes it states set to ``size``."""
    return _with(_with(xmp, _WIDTHS, size.width), _HEIGHTS, size.height)


def _with(xmp: bytes, names: tuple[bytes, ...], number: int) -> bytes:
    """Set a property's number, be it an attribute or an element."""
    digits = str(number).encode()
    for name in names:
        xmp = re.sub(rb"(\b" + name + rb"""\s*=\s*["'])\d+""", rb"\g<1>" + digits, xmp)
        xmp = re.sub(rb"(<" + name + rb"\s*>\s*)\d+", rb"\g<1>" + digits, xmp)
    return xmp
