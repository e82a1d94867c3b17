"""Writing files so that a failure leaves what was there before."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from studio.document.formats.opened import FileError
from studio.saving import PartFile, saving_problem

__all__ = ["saving_problem", "write_whole"]


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file that appears at ``path`` only when it is complete.

    Raises FileError with a sentence when the folder, the disk or the permissions don't allow it.
    """
    try:
        part = PartFile(path)
        try:
            write(part.stream)
            part.commit()
        finally:
            part.discard()
    except OSError as error:
        raise FileError(saving_problem(path, error)) from error
