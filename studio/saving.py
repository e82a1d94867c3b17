"""Files that appear only when they are complete, and the sentence when they can't be written."""

import errno
import glob
import os
import tempfile
from pathlib import Path
from typing import BinaryIO


class PartFile:
    """A hidden file beside ``path`` that takes its place when it is complete.

    Write to ``stream``, then call ``commit`` or ``discard``; after either nothing partial is left.
    Every method and every write may raise OSError; ``saving_problem`` makes a sentence of it.
    """

    stream: BinaryIO

    def __init__(self, path: Path, *, replace: bool = True) -> None:
        self._path = path
        self._replace = replace
        if not replace and os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        handle, name = tempfile.mkstemp(
            prefix=part_prefix(path), suffix=PART_SUFFIX, dir=path.parent
        )
        self._part = Path(name)
        self.stream = os.fdopen(handle, "wb")

    def commit(self) -> None:
        """Put the complete file in its place; FileExistsError if one came up there meanwhile."""
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()
            self._part.chmod(_usual_mode(self._path))
            if not self._replace and os.path.lexists(self._path):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._path))
            os.replace(self._part, self._path)
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what was written; harmless after ``commit``."""
        try:
            self.stream.close()
        except OSError:  # what can't be flushed to a full disk is thrown away anyway
            pass
        finally:
            self._part.unlink(missing_ok=True)


PART_SUFFIX = ".part"


def part_prefix(path: Path) -> str:
    """How the names of unfinished files for ``path`` begin; short enough for any file system."""
    return f".{path.name[:60]}."


def remove_leftovers(path: Path) -> None:
    """Remove unfinished files for ``path`` of a program that was killed; call it when none runs."""
    for part in path.parent.glob(f"{glob.escape(part_prefix(path))}*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)


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
    if error.errno == errno.EEXIST and path.parent.is_dir():
        return f"There is a file “{path}” already; choose another name or allow replacing it."
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
