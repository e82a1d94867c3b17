"""Reading pictures in a process of their own, within limits of time and memory."""

from pathlib import Path
from typing import Any, Self

from studio.apart import Apart, ApartError, RanOut
from studio.pictures.picture import LARGEST_PIXELS, Picture, PictureError, PictureInfo

_SECONDS = 8.0
_SECONDS_PER_BYTE = 1 / 4e6
_BYTES_PER_PIXEL = 16
_PROGRAM_BYTES = 2**27
_MODULE = "studio.pictures.reading"


class PictureReader:
    """Reads like reading.py, but outlives whatever a file does to the decoders.

    A file may take 8 s, and 1 s more for every 4 MB of it; the process may take ``memory`` bytes
    (on Linux and macOS), None = 16 for every pixel of ``largest``. Not for several threads at once.
    """

    def __init__(self, *, largest: int = LARGEST_PIXELS, memory: int | None = None) -> None:
        self._largest = largest
        limit = memory or _PROGRAM_BYTES + _BYTES_PER_PIXEL * largest
        self.process = Apart([_MODULE], memory=limit)

    def read(self, path: Path) -> Picture:
        """The picture in a file; raises PictureError with a sentence."""
        picture: Picture = self._ask("read_picture", path)
        picture.pixels.flags.writeable = False
        return picture

    def probe(self, path: Path, *, thumbnail_side: int | None = None) -> PictureInfo:
        """What the header says, and a thumbnail; raises PictureError with a sentence."""
        info: PictureInfo = self._ask("probe_picture", path, thumbnail_side=thumbnail_side)
        return info

    def close(self) -> None:
        """End the process, whatever it reads; nothing can be read afterwards."""
        self.process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def _ask(self, function: str, path: Path, **named: Any) -> Any:
        named["largest"] = self._largest
        try:
            return self.process.call(
                f"{_MODULE}:{function}", path, seconds=seconds_for(path), **named
            )
        except ApartError as error:
            raise PictureError(what_happened(path, error)) from error


def seconds_for(path: Path) -> float:
    """How long a file may take by the clock."""
    try:
        return _SECONDS + path.stat().st_size * _SECONDS_PER_BYTE
    except OSError:
        return _SECONDS


def what_happened(path: Path, error: ApartError) -> str:
    """A sentence about a file that was not read to its end."""
    match error:
        case RanOut(waited=True):
            return (
                f"“{path.name}” could not be read in time; this computer is very busy. Try again."
            )
        case RanOut():
            return (
                f"“{path.name}” takes too long to read; it is probably damaged. Get a fresh copy."
            )
    return f"“{path.name}” is so damaged that it brings its decoder down; get a fresh copy of it."
