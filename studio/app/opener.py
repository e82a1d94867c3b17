"""Opening the maps and pictures of a person, in a process of its own.

Whatever a broken file does to a decoder, the window goes on.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.apart import Apart, ApartError
from studio.document.formats import FORMATS, FileError, Opened
from studio.document.formats.reading import PIXEL_BUDGET
from studio.pictures.reader import seconds_for, what_happened

_FORMATS = "studio.document.formats"
_PASTED = "studio.document.formats.pasted"
_READING = "studio.document.formats.reading"
_BYTES_PER_PIXEL = 32
_PROGRAM_BYTES = 2**28
_COLOURS_SECONDS = 30.0
"""More for making a map of a photograph's colours than for reading it."""


class Opener:
    """Reads like ``studio.document.formats``; FileError with a sentence. Not for several threads
    at once.
    """

    def __init__(self) -> None:
        memory = _PROGRAM_BYTES + _BYTES_PER_PIXEL * PIXEL_BUDGET
        self._process = Apart([_FORMATS, _PASTED], memory=memory)

    def open(self, path: Path) -> Opened:
        """Whatever a person dropped or chose: a picture, or a map."""
        return _checked(self._ask(path, f"{_FORMATS}:open_file", path))

    def open_picture(self, path: Path) -> Opened:
        """A picture with its settings, never taken for a map."""
        return self.open_as(path, "picture")

    def open_as(self, path: Path, key: str) -> Opened:
        """A file as one of the FORMATS, whatever it looks like."""
        read = next(row.read for row in FORMATS if row.key == key)
        more = _COLOURS_SECONDS if key == "photograph" else 0.0
        function = f"{read.__module__}:{read.__name__}"
        return _checked(self._ask(path, function, path, more=more))

    def open_depth(self, path: Path) -> np.ndarray:
        """A depth picture: uint8 [H, W]."""
        depth: np.ndarray = self._ask(path, f"{_READING}:read_depth", path)
        return depth

    def open_pasted(self, png: bytes, name: str) -> Opened:
        """What the clipboard held; ``name`` is what it is called in a sentence."""
        return _checked(self._ask(Path(name), f"{_PASTED}:read_pasted", png))

    def close(self) -> None:
        """End the process, whatever it reads; nothing can be opened afterwards."""
        self._process.close()

    def _ask(self, path: Path, function: str, argument: Any, more: float = 0.0) -> Any:
        try:
            return self._process.call(function, argument, seconds=seconds_for(path) + more)
        except FileError:
            raise
        except ApartError as error:
            raise FileError(what_happened(path, error)) from error
        except Exception as error:  # decoders raise nearly anything at damaged data
            raise FileError(
                f"“{path.name}” is damaged and can't be read; get a fresh copy of it."
            ) from error


def _checked(opened: Opened) -> Opened:
    """The same with a request whose arrays are read-only once more."""
    if opened.request is None:
        return opened
    return replace(opened, request=replace(opened.request))
