"""The pictures made so far, kept on disk with everything needed to make them again."""

import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QFile, QObject, Signal

from studio.app.background import Background
from studio.app.opener import Opener
from studio.contract.events import Failed
from studio.contract.request import GenerateRequest
from studio.document.formats.opened import FileError, Opened
from studio.document.formats.picture import write_picture

log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 320
_THUMBNAILS = "thumbnails"
_STAMP = "%Y-%m-%d_%H-%M-%S"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One kept picture: its file, its thumbnail's file, and what is said about it."""

    path: Path
    thumbnail: Path
    prompt: str
    seed: int | None

    @property
    def title(self) -> str:
        """When it was made and what was asked for, in one line."""
        stamp = self.path.stem.replace("_", " ", 1)[:19]
        asked = " ".join(self.prompt.split()) or "no prompt"
        return f"{stamp[:10]} {stamp[11:].replace('-', ':')} · {asked}"


class Gallery(QObject):
    """``entries`` are newest first. ``added(entry)`` and ``removed(entry)`` follow each change,
    ``loaded()`` the first reading; ``failed(Failed)`` says why a picture could not be kept.
    """

    added = Signal(object)
    removed = Signal(object)
    loaded = Signal()
    failed = Signal(object)

    def __init__(
        self, folder: Path, background: Background, opener: Opener, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self._background = background
        self._opener = opener
        self._entries: list[Entry] = []
        self._number = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    async def load(self, limit: int) -> None:
        """Read the newest ``limit`` entries; pictures that can't be read are passed over."""
        found = await self._background.run(_read_entries, self._opener, self.folder, limit)
        known = {entry.path for entry in self._entries}
        self._entries += [entry for entry in found if entry.path not in known]
        self.loaded.emit()

    async def add(
        self, pixels: np.ndarray, request: GenerateRequest, drawn_map: np.ndarray | None = None
    ) -> Entry | None:
        """Keep a picture uint8 [H, W, 3] and the map that was drawn for it; None (and ``failed``)
        if the disk refuses.
        """
        self._number += 1
        name = f"{datetime.now():{_STAMP}}_{self._number:04d}.png"
        entry = _entry(self.folder / name, request)
        try:
            await self._background.run(_write, entry, pixels, request, drawn_map)
        except (FileError, OSError) as error:
            self.failed.emit(
                Failed(
                    sentence=f"The picture could not be kept in the history. {error}",
                    action="Make room on the disk, then save the picture with Ctrl+S.",
                )
            )
            return None
        self._entries.insert(0, entry)
        self.added.emit(entry)
        return entry

    async def open(self, entry: Entry) -> Opened:
        """The picture with its settings and map; raises FileError with a sentence."""
        return await self._background.run(self._opener.open_picture, entry.path)

    async def delete(self, entry: Entry) -> None:
        """Move a picture to the system's bin; raises FileError with a sentence."""
        await self._background.run(_discard, entry)
        self._entries.remove(entry)
        self.removed.emit(entry)


def _entry(path: Path, request: GenerateRequest | None) -> Entry:
    return Entry(
        path=path,
        thumbnail=path.parent / _THUMBNAILS / path.name,
        prompt=request.prompt if request is not None else "",
        seed=request.seed if request is not None else None,
    )


def _write(
    entry: Entry, pixels: np.ndarray, request: GenerateRequest, drawn_map: np.ndarray | None
) -> None:
    entry.thumbnail.parent.mkdir(parents=True, exist_ok=True)
    write_picture(entry.path, pixels, request, drawn_map=drawn_map)
    _write_thumbnail(entry, Image.fromarray(pixels))


def _write_thumbnail(entry: Entry, image: Image.Image) -> None:
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    entry.thumbnail.parent.mkdir(parents=True, exist_ok=True)
    image.save(entry.thumbnail)


def _read_entries(opener: Opener, folder: Path, limit: int) -> list[Entry]:
    try:
        paths = sorted(folder.glob("*.png"), reverse=True)[:limit]
    except OSError as error:
        log.warning("history not readable: %s", error)
        return []
    entries = []
    for path in paths:
        try:
            opened = opener.open_picture(path)
            entry = _entry(path, opened.request)
            if not entry.thumbnail.exists() and opened.picture is not None:
                _write_thumbnail(entry, Image.fromarray(opened.picture))
        except (FileError, OSError) as error:
            log.warning("picture passed over: %s", error)
        else:
            entries.append(entry)
    return entries


def _discard(entry: Entry) -> None:
    if entry.path.exists() and not QFile.moveToTrash(str(entry.path))[0]:
        raise FileError(f"“{entry.path.name}” could not be moved to the bin.")
    with contextlib.suppress(OSError):
        entry.thumbnail.unlink()
