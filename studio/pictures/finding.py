"""Which pictures are meant by the files and folders that a person names or drops."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.pictures.formats import looks_like_picture
from studio.pictures.picture import PictureError


def pictures_in(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, whatever they are, and the pictures inside folders, by their names.

    A file is named once, where it came first. Raises PictureError with a sentence.
    """
    found: dict[Path, None] = {}
    for path in paths:
        for file in pictures_inside(path) if path.is_dir() else [path]:
            found.setdefault(file.absolute())
    return list(found)


def pictures_inside(folder: Path, *, recursive: bool = True) -> Iterator[Path]:
    """The pictures in a folder and its subfolders; hidden files and folders are left out.

    Raises PictureError with a sentence where a folder can't be looked into.
    """

    def say(error: OSError) -> None:
        raise PictureError(
            f"“{error.filename}” can't be looked into ({error.strerror}); check who may read it."
        ) from error

    for here, folders, names in os.walk(folder, onerror=say):
        shown = sorted(name for name in folders if not name.startswith("."))
        folders[:] = shown if recursive else []
        for name in sorted(names):
            if looks_like_picture(Path(name)) and not name.startswith("."):
                yield Path(here, name)
