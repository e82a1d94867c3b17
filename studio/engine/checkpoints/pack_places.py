"""Where packs are unpacked: a folder each in the cache, which says whose it is."""

import contextlib
import json
import shutil
from pathlib import Path

from studio.contract.places import cache_folder

ORIGIN = ".origin.json"


def packs_folder() -> Path:
    """The folder of all of them; not made yet."""
    return cache_folder() / "packs"


def origin_of(folder: Path) -> list[str | int] | None:
    """The path, size and time of the pack that a folder was unpacked from; None if unknown."""
    with contextlib.suppress(OSError, ValueError):
        origin = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
        if isinstance(origin, list) and origin and isinstance(origin[0], str):
            return origin
    return None


def forget_unpacked(archive: Path) -> None:
    """Remove what was unpacked of a pack that is not used any more."""
    for folder in packs_folder().glob("*"):
        origin = origin_of(folder)
        if origin is not None and origin[0] == str(archive.resolve()):
            shutil.rmtree(folder, ignore_errors=True)
