"""Writing pictures as their rows arrive from the top; a file appears only when it is complete."""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import numpy as np

from studio.contract.geometry import Size
from studio.pictures import exif, xmp
from studio.pictures.at_once import AtOnce, stays_grey
from studio.pictures.formats import BY_KEY_OUT, FormatOut
from studio.pictures.picture import Picture, PictureError
from studio.pictures.png import PngRows
from studio.pictures.tiff import TiffRows
from studio.saving import PartFile, saving_problem

# A JPEG segment holds 65533 bytes, with the names that tell EXIF and XMP apart.
_JPEG_EXIF_BYTES = 65533 - 6
_JPEG_XMP_BYTES = 65533 - 29


class _Encoder(Protocol):
    def write(self, rows: np.ndarray) -> None: ...
    def end(self) -> None: ...


def open_writer(
    path: Path,
    size: Size,
    like: Picture,
    format: str,
    quality: int | None = None,
    *,
    overwrite: bool = False,
) -> "PictureWriter":
    """A writer of a picture of ``size`` with the channels, depth and metadata of ``like``.

    ``format`` is a key of FORMATS_OUT; ``quality`` 1..100, None = the format's own. PNG and TIFF
    hold only the rows at hand, the others the whole picture. Raises PictureError with a sentence
    where the folder, the disk or the format does not allow it, or a file is there already and
    may not be overwritten.
    """
    row = BY_KEY_OUT[format]
    _check_fits(path, size, row)
    if quality is not None and not 1 <= quality <= 100:
        raise PictureError(f"The quality must lie between 1 and 100, not {quality}.")
    kept, notices = _kept(like, size, row)
    with _saving(path, row):
        part = PartFile(path, replace=overwrite)
        try:
            encoder = _encoder(part.stream, size, kept, row, quality)
        except BaseException:
            part.discard()
            raise
    return PictureWriter(path, row, size, like, part, encoder, notices)


class PictureWriter:
    """Takes the rows of one picture; used in ``with``, it leaves nothing behind unless closed."""

    def __init__(
        self,
        path: Path,
        format: FormatOut,
        size: Size,
        like: Picture,
        part: PartFile,
        encoder: _Encoder,
        notices: tuple[str, ...],
    ) -> None:
        self._path, self._format, self._size, self._part = path, format, size, part
        self._encoder, self._notices = encoder, notices
        self._shape = (size.width, like.pixels.shape[2])
        self._type = like.pixels.dtype
        self._written = 0
        self._closed = False

    def write_rows(self, rows: np.ndarray) -> None:
        """Append rows [n, W, C] of the picture's type; PictureError where the disk refuses."""
        if rows.shape[1:] != self._shape or rows.dtype != self._type:
            raise ValueError(f"rows of {rows.shape} {rows.dtype}, not {self._shape} {self._type}")
        self._written += len(rows)
        if self._written > self._size.height:
            raise ValueError(f"more than {self._size.height} rows")
        with self._or_abort():
            self._encoder.write(rows)

    def close(self) -> tuple[str, ...]:
        """Complete the file; sentences say what the format could not keep."""
        if self._written != self._size.height:
            self.abort()
            raise ValueError(f"{self._written} rows of {self._size.height}")
        with self._or_abort():
            self._encoder.end()
            self._part.commit()
        self._closed = True
        return self._notices

    def abort(self) -> None:
        """Leave nothing behind; harmless when closed."""
        if not self._closed:
            self._closed = True
            self._part.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.abort()

    @contextlib.contextmanager
    def _or_abort(self) -> Iterator[None]:
        try:
            with _saving(self._path, self._format):
                yield
        except BaseException:
            self.abort()
            raise


@contextlib.contextmanager
def _saving(path: Path, format: FormatOut) -> Iterator[None]:
    """Make sentences of what goes wrong while writing."""
    try:
        with warnings.catch_warnings():  # of Pillow, about odd EXIF data
            warnings.simplefilter("ignore")
            yield
    except MemoryError as error:
        raise PictureError(
            f"There is not enough memory to write “{path.name}” as {format.label}; choose PNG or "
            "TIFF, which need little."
        ) from error
    except OSError as error:
        if error.errno is None:  # the encoder's own
            raise PictureError(
                f"“{path.name}” can't be encoded as {format.label}; choose another format."
            ) from error
        raise PictureError(saving_problem(path, error)) from error


def _encoder(
    stream: BinaryIO, size: Size, like: Picture, format: FormatOut, quality: int | None
) -> _Encoder:
    match format.key:
        case "png":
            return PngRows(stream, size, like)
        case "tiff":
            return TiffRows(stream, size, like)
        case _:
            return AtOnce(stream, size, like, format, quality or format.quality or 100)


def _check_fits(path: Path, size: Size, format: FormatOut) -> None:
    if max(size.width, size.height) > format.largest_side:
        raise PictureError(
            f"{format.label} pictures have sides of at most {format.largest_side} pixels, and "
            f"“{path.name}” would be {size}; choose PNG or TIFF."
        )
    if format.largest_pixels is not None and size.width * size.height > format.largest_pixels:
        raise PictureError(
            f"“{path.name}” would be {size} pixels, too large to write as {format.label} in one "
            "piece; choose PNG or TIFF, which are written row by row."
        )


def _kept(like: Picture, size: Size, format: FormatOut) -> tuple[Picture, tuple[str, ...]]:
    """What of ``like`` the format can hold, brought up to date, and sentences about the rest."""
    label, notices = format.label, []
    block = exif.resized(like.exif, size) if like.exif else None
    packet = xmp.resized(like.xmp, size) if like.xmp else None
    icc, texts, dpi = like.icc, like.texts, like.dpi
    if format.key == "jpeg":
        if block and len(block) > _JPEG_EXIF_BYTES:
            block = None
            notices.append("Its EXIF data is too long for JPEG and was left out.")
        if packet and len(packet) > _JPEG_XMP_BYTES:
            packet = None
            notices.append("Its XMP data is too long for JPEG and was left out.")
    if block and format.key in ("tiff", "avif") and not exif.is_portable(block):
        block = None
        notices.append(f"Its EXIF data is too irregular for {label} and was left out.")
    if icc and like.is_grey and not stays_grey(like.pixels.shape[2], format):
        icc = None
        notices.append(f"{label} stores grey as colours; its profile for grey was left out.")
    if like.bits not in format.bits:
        notices.append(f"{label} is written with 8 bits a channel; its 16 bits were rounded.")
    if not format.texts:
        texts = tuple(text for text in texts if format.key == "jpeg" and text[0] == "Comment")
        if len(texts) < len(like.texts):
            notices.append(f"{label} holds no named texts; those of the picture were left out.")
    if dpi and format.key in ("webp", "avif") and not block:
        notices.append(f"{label} holds no resolution in dots per inch; it was left out.")
    if like.has_alpha and not format.alpha:
        notices.append(f"{label} knows no transparency; the picture was laid over white.")
    return replace(like, exif=block, xmp=packet, icc=icc, texts=texts), tuple(notices)
