"""The file formats that pictures come in and go out."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class FormatIn:
    """A format that is read. ``readers`` are the decoders' own names for it in Pillow."""

    key: str
    label: str
    suffixes: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FormatOut:
    """A format that is written, and what it can hold.

    ``quality`` is the default of its 1..100, None where nothing is ever lost. ``largest_side`` is
    the format's own limit; ``largest_pixels`` what its encoder, which needs the whole picture at
    once, is given, None where rows are written as they arrive.
    """

    key: str
    label: str
    suffixes: tuple[str, ...]
    alpha: bool = True
    bits: tuple[int, ...] = (8,)
    grey: bool = True
    texts: bool = False
    quality: int | None = None
    largest_side: int
    largest_pixels: int | None = None

    @property
    def suffix(self) -> str:
        return self.suffixes[0]


FORMATS_IN = (
    FormatIn(key="png", label="PNG", suffixes=(".png", ".apng"), readers=("PNG",)),
    FormatIn(
        key="jpeg",
        label="JPEG",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        readers=("JPEG", "MPO"),
    ),
    FormatIn(key="webp", label="WebP", suffixes=(".webp",), readers=("WEBP",)),
    FormatIn(key="tiff", label="TIFF", suffixes=(".tif", ".tiff"), readers=("TIFF",)),
    FormatIn(key="bmp", label="BMP", suffixes=(".bmp", ".dib"), readers=("BMP", "DIB")),
    FormatIn(key="gif", label="GIF", suffixes=(".gif",), readers=("GIF",)),
    FormatIn(key="avif", label="AVIF", suffixes=(".avif",), readers=("AVIF",)),
    FormatIn(key="heic", label="HEIC", suffixes=(".heic", ".heif", ".hif"), readers=("HEIF",)),
)

# An encoder that needs the whole picture holds about ten bytes of every pixel.
_AT_ONCE = 200_000_000

FORMATS_OUT = (
    FormatOut(
        key="png", label="PNG", suffixes=(".png",), bits=(8, 16), texts=True, largest_side=2**31 - 1
    ),
    FormatOut(
        key="jpeg",
        label="JPEG",
        suffixes=(".jpg", ".jpeg"),
        alpha=False,
        quality=95,
        largest_side=65500,
        largest_pixels=_AT_ONCE,
    ),
    FormatOut(
        key="webp",
        label="WebP",
        suffixes=(".webp",),
        grey=False,
        quality=92,
        largest_side=16383,
        largest_pixels=_AT_ONCE,
    ),
    FormatOut(
        key="tiff",
        label="TIFF",
        suffixes=(".tif", ".tiff"),
        bits=(8, 16),
        largest_side=2**31 - 1,
    ),
    FormatOut(
        key="avif",
        label="AVIF",
        suffixes=(".avif",),
        quality=85,
        largest_side=16384,
        largest_pixels=_AT_ONCE,
    ),
)

BY_KEY_IN = {row.key: row for row in FORMATS_IN}
BY_KEY_OUT = {row.key: row for row in FORMATS_OUT}
SUFFIXES_IN = frozenset(suffix for row in FORMATS_IN for suffix in row.suffixes)

_BY_READER = {reader: row for row in FORMATS_IN for reader in row.readers}
_BY_SUFFIX_OUT = {suffix: row for row in FORMATS_OUT for suffix in row.suffixes}


def read_by(reader: str | None) -> FormatIn:
    """The format that Pillow calls ``reader``."""
    return _BY_READER[reader or ""]


def format_like(key: str) -> FormatOut:
    """What a picture of format ``key`` is written as where its own format is wanted.

    Formats that are only read become PNG, which loses nothing.
    """
    return BY_KEY_OUT.get(key, BY_KEY_OUT["png"])


def format_of(path: Path) -> FormatOut | None:
    """The format that a file's suffix asks for, None if it is none that can be written."""
    return _BY_SUFFIX_OUT.get(path.suffix.lower())


def looks_like_picture(path: Path) -> bool:
    """Whether the name's end is that of a format that is read."""
    return path.suffix.lower() in SUFFIXES_IN
