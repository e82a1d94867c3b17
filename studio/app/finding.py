"""Which pictures are meant by the files and folders that a person drops."""

import os
from collections.abc import Sequence
from pathlib import Path

from studio.pictures.formats import looks_like_picture


def pictures_in(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, whatever they are, and the pictures inside folders, by their names.

    A file is named once, where it came first. Hidden files and folders in folders are left out.
    """
    found: dict[Path, None] = {}
    for path in paths:
        for file in _inside(path) if path.is_dir() else [path]:
            found.setdefault(file.absolute())
    return list(found)


def _inside(folder: Path) -> list[Path]:
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = (Path(here, name) for name in sorted(names) if not name.startswith("."))
        found += [path for path in shown if looks_like_picture(path)]
    return found
