"""What a picture's file says before its pixels are decoded."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image, PngImagePlugin

from studio.contract.geometry import Size
from studio.pictures import deep, exif, sniffing, tiff_tags, xmp
from studio.pictures.formats import BY_KEY_IN, FORMATS_IN
from studio.pictures.picture import PictureError
from studio.pictures.turning import SIDEWAYS

_opening = threading.Lock()

# Of a compressed text or profile in a PNG file. Pillow stops at 1 MB, which some editors' XMP and
# some printers' profiles exceed; all texts together stay limited to 64 MB.
PngImagePlugin.MAX_TEXT_CHUNK = 2**24

# Of ITU-T H.273: BT.709, unspecified; PQ, HLG.
_SRGB_PRIMARIES, _HDR = (1, 2), (16, 18)
_DAMAGED_EXIF = ("Its EXIF data is damaged and was left out.",)
_XMP_TEXT = "XML:com.adobe.xmp"  # a PNG file's compressed text, as libvips writes it
_IPTC = 0x0404  # of the resources that Photoshop leaves in JPEG files


@dataclass(frozen=True, kw_only=True)
class Header:
    """A file that has been opened. ``size`` is upright; ``turn``: the orientation that is left to
    whoever decodes; ``image``: Pillow's, None where only libvips can read the file; ``deep``: more
    than 8 bits a channel. The metadata are those of the upright picture.
    """

    path: Path
    kind: str
    image: Image.Image | None
    size: Size
    turn: int = 1
    deep: bool = False
    exif: bytes | None = field(default=None, repr=False)
    icc: bytes | None = field(default=None, repr=False)
    xmp: bytes | None = field(default=None, repr=False)
    notices: tuple[str, ...] = ()


@contextlib.contextmanager
def opened(path: Path, largest: int, *, loaded: bool) -> Iterator[Header]:
    """The header of a file of at most ``largest`` pixels.

    ``loaded``: the pixels are wanted; PNG files hold some metadata after them. Raises PictureError
    with a sentence, and whatever Pillow raises at damaged files.
    """
    head = _head(path)
    kind = sniffing.kind_of(head)
    if kind is None:
        known = ", ".join(row.label for row in FORMATS_IN)
        raise PictureError(f"“{path.name}” is no picture of a kind that is read here ({known}).")
    if size := sniffing.stated_size(head, kind):
        _check_size(path, size, largest)
    # A stream and not the path: Pillow would map the file into memory, mixes up the sides of
    # sideways TIFF files then, and dies with the whole process if somebody cuts the file off.
    with path.open("rb") as stream:
        image = _pillow_image(path, stream, kind)
        if image is None:
            _check_size(path, Size(*deep.size_of(path)), largest)
            yield _upright(_only_vips(path, kind))
            return
        _check_size(path, Size(*image.size), largest)
        if loaded and kind == "png":
            image.load()
        yield _upright(_tiff(path, image) if kind == "tiff" else _usual(path, kind, head, image))


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise PictureError(f"“{path}” is a folder, not a picture.")
    if path.exists() and not path.is_file():
        raise PictureError(f"“{path}” is no ordinary file; name a picture.")
    with path.open("rb") as file:
        head = file.read(sniffing.HEAD_BYTES)
    if not head:
        raise PictureError(f"“{path.name}” is empty; get a fresh copy of it.")
    return head


def _check_size(path: Path, size: Size, largest: int) -> None:
    if size.width * size.height > largest:
        raise PictureError(
            f"“{path.name}” is {size} pixels large, more than the {largest / 1e6:g} megapixels "
            "that are opened; make it smaller or raise the limit."
        )


def _pillow_image(path: Path, stream: BinaryIO, kind: str) -> Image.Image | None:
    """The image with its header read; None for a TIFF that Pillow knows no mode for."""
    if kind == "heic":
        _learn_heic(path)
    with _opening:
        # Pillow's own limit would refuse what is allowed here; the size is checked right after.
        usual, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(stream, formats=BY_KEY_IN[kind].readers)
        except Image.UnidentifiedImageError:
            if kind != "tiff":
                raise
            return None
        finally:
            Image.MAX_IMAGE_PIXELS = usual


def _learn_heic(path: Path) -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise PictureError(
            f"“{path.name}” is a HEIC picture; to read these, install the package pillow-heif, "
            "or save it as JPEG."
        ) from error
    register_heif_opener(thumbnails=False)


def _only_vips(path: Path, kind: str) -> Header:
    """A TIFF whose pixels Pillow has no mode for, such as 16-bit grey with alpha."""
    tags = tiff_tags.read_file(path)
    return Header(
        path=path,
        kind=kind,
        image=None,
        size=_turned(*deep.size_of(path), tags.orientation),
        turn=tags.orientation,
        deep=True,
        exif=tags.exif,
        icc=tags.icc,
        xmp=_as_bytes(tags.xmp),
        notices=_DAMAGED_EXIF if tags.damaged else (),
    )


def _tiff(path: Path, image: Image.Image) -> Header:
    """Pillow turns TIFF files while it loads them, and states the size they then have."""
    tags = tiff_tags.read(image.getexif())
    return Header(
        path=path,
        kind="tiff",
        image=image,
        size=Size(*image.size),
        turn=tags.orientation if tags.deep else 1,
        deep=tags.deep,
        exif=tags.exif,
        icc=tags.icc,
        xmp=_as_bytes(tags.xmp),
        notices=_left_out(image),
    )


def _usual(path: Path, kind: str, head: bytes, image: Image.Image) -> Header:
    block = _exif_of(image)
    turn = exif.orientation_of(block) if block else 1
    is_deep = _is_deep(path, kind, head, image)
    return Header(
        path=path,
        kind=kind,
        image=image,
        size=_turned(*image.size, turn),
        # libvips turns AVIF files itself.
        turn=1 if is_deep and kind == "avif" else turn,
        deep=is_deep,
        exif=block,
        icc=image.info.get("icc_profile"),
        xmp=_as_bytes(image.info.get("xmp", image.info.get(_XMP_TEXT))),
        notices=_left_out(image, head),
    )


def _is_deep(path: Path, kind: str, head: bytes, image: Image.Image) -> bool:
    match kind:
        case "png":
            return sniffing.png_bits(head) > 8
        case "heic":
            return int(image.info.get("bit_depth", 8)) > 8
        case "avif":
            return deep.is_deep(path)
        case _:
            return False


def _exif_of(image: Image.Image) -> bytes | None:
    block = image.info.get("exif")
    if block is None and isinstance(profile := image.info.get("Raw profile type exif"), str):
        block = _from_hexadecimal(profile)
    return exif.without_prefix(block) or None if isinstance(block, bytes) else None


def _from_hexadecimal(profile: str) -> bytes:
    """What ImageMagick hides in a PNG file's text: a name, a length, and digits."""
    try:
        return bytes.fromhex("".join(profile.split("\n")[3:]))
    except ValueError:
        return b"damaged"


def _as_bytes(packet: bytes | str | None) -> bytes | None:
    if isinstance(packet, str):
        # Texts that are not marked as UTF-8 were decoded as Latin-1, byte by byte.
        packet = packet.encode("latin-1", errors="replace")
    return packet.rstrip(b"\0") or None if isinstance(packet, bytes) else None


def _turned(width: int, height: int, orientation: int) -> Size:
    return Size(height, width) if orientation in SIDEWAYS else Size(width, height)


def has_more(image: Image.Image) -> bool:
    """Whether more frames or pages follow the first."""
    return bool(getattr(image, "is_animated", False))


def _left_out(image: Image.Image, head: bytes = b"") -> tuple[str, ...]:
    notices = []
    if has_more(image):
        what = {"TIFF": "pages", "MPO": "pictures", "HEIF": "pictures"}.get(
            image.format or "", "frames"
        )
        notices.append(f"Only the first of its {what} is used.")
    if image.format in ("AVIF", "HEIF") and not image.info.get("icc_profile"):
        notices += _wide_colours(head)
    resources = image.info.get("photoshop")
    if isinstance(resources, dict) and resources.get(_IPTC):
        notices.append("Its IPTC fields were left out.")
    return tuple(notices)


def _wide_colours(head: bytes) -> list[str]:
    """A sentence where AVIF or HEIC files hold colours that sRGB does not, without a profile."""
    primaries, transfer = sniffing.colour_codes(head)
    if transfer in _HDR:
        return ["Its HDR brightness is taken for that of sRGB, so it may look flat."]
    if primaries not in _SRGB_PRIMARIES:
        return ["Its wide colours come without a profile and are taken for sRGB."]
    return []


def _upright(header: Header) -> Header:
    """The same with metadata that no longer ask to be turned."""
    block, notices = header.exif, header.notices
    if block is not None:
        block = exif.upright(block)
        if block is None:
            notices = (*notices, *_DAMAGED_EXIF)
    packet = xmp.upright(header.xmp) if header.xmp is not None else None
    return replace(header, exif=block, xmp=packet, notices=notices)
