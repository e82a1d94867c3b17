"""Writing files so that a failure leaves what was there before."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from studio.document.formats.opened import FileError


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file that appears at ``path`` only when it is complete.

    Raises FileError with a sentence when the folder, the disk or the permissions don't allow it.
    """
    partial: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        partial = Path(name)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(_usual_mode(path))
        os.replace(partial, path)
    except OSError as error:
        raise FileError(saving_problem(path, error)) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _usual_mode(path: Path) -> int:
    """Permissions of the file that is replaced, or what the person's umask gives a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def saving_problem(path: Path, error: OSError) -> str:
    """What went wrong while ``path`` was written, and what to do, as a sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full; “{path.name}” was not saved. Free some space or choose another."
    if error.errno == errno.EFBIG:
        return f"“{path.name}” is larger than the disk allows; it was not saved. Choose another."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"“{path.parent}” is not a folder; choose another place for “{path.name}”."
    if error.errno == errno.ENOENT:
        return f"There is no folder “{path.parent}”; choose another place for “{path.name}”."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"“{path.parent}” can't be written to; choose another place for “{path.name}”."
    if error.errno == errno.EISDIR:
        return f"“{path}” is a folder; choose another name."
    if error.errno == errno.ENAMETOOLONG:
        return "That file name is too long; choose a shorter one."
    return f"“{path.name}” could not be saved ({error.strerror}); choose another place."
