"""What is worked on, written in the background moments after every change, found at next start."""

import contextlib
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.background import Background
from studio.app.guide_files import BOXES, DEPTH, GUIDES, MASK, SOURCE
from studio.contract.events import Failed
from studio.document.document import Change, Document
from studio.document.formats.maps import read_map, write_map
from studio.document.formats.opened import FileError

log = logging.getLogger(__name__)

_AFTER_MS = 1500
_AGAIN_MS = 30_000
_MAP = "map"


class Autosave(QObject):
    """Keeps ``path`` at most two seconds behind the document's map, and one older copy beside it;
    in the same folder the source with its mask, the depth picture and the boxes.

    ``changed(pending)`` follows a first change and each writing; ``failed(Failed)`` the first of a
    row of refusals.
    """

    changed = Signal(bool)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        path: Path,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._path = path
        self._background = background
        self._refused = False
        self._waiting: set[str] = set()
        self._writing = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._begin)
        document.listen(self._document_changed)
        document.mask.listen(self._mask_changed)

    @property
    def pending(self) -> bool:
        """Whether anything is not written yet."""
        return self._writing or bool(self._waiting)

    async def write(self) -> None:
        """Write now."""
        self._timer.stop()
        waiting, self._waiting = self._waiting, set()
        self._writing = True
        try:
            await self._background.run(self._keep, self._taken(waiting))
        except FileError as error:
            self._waiting |= waiting
            self._complain(error)
        else:
            self._refused = False
        finally:
            self._writing = False
        self.changed.emit(self.pending)

    def close(self) -> None:
        """Write what is pending and listen no more."""
        self._document.ignore(self._document_changed)
        self._document.mask.ignore(self._mask_changed)
        self._timer.stop()
        if self.pending:
            with contextlib.suppress(FileError):
                self._keep(self._taken(self._waiting))

    def _begin(self) -> None:
        self._background.start(self.write())

    def _taken(self, waiting: set[str]) -> dict[str, Any]:
        """Copies of what waits, in the order in which it is written."""
        taken: dict[str, Any] = {}
        if _MAP in waiting:
            taken[_MAP] = self._document.labels.copy()
        return taken | {
            file.name: file.taken(self._document) for file in GUIDES if file.name in waiting
        }

    def _keep(self, taken: dict[str, Any]) -> None:
        if _MAP in taken:
            keep_map(self._path, taken[_MAP])
        for file in GUIDES:
            if file.name in taken:
                file.keep(self._path.parent, taken[file.name])

    def _document_changed(self, change: Change) -> None:
        parts = {
            _MAP: bool(change.region or change.replaced),
            SOURCE.name: change.source,
            MASK.name: change.source,
            DEPTH.name: change.depth,
            BOXES.name: change.boxes,
        }
        self._wait_for({name for name, changed in parts.items() if changed})

    def _mask_changed(self, change: Change) -> None:
        if change.region or change.replaced:
            self._wait_for({MASK.name})

    def _wait_for(self, parts: set[str]) -> None:
        self._waiting |= parts
        if parts and not self._timer.isActive():
            self._timer.start(_AFTER_MS)
            self.changed.emit(True)

    def _complain(self, error: FileError) -> None:
        log.warning("autosave: %s", error)
        self._timer.start(_AGAIN_MS)
        if not self._refused:
            self._refused = True
            self.failed.emit(
                Failed(
                    sentence=f"Your work could not be saved in the background. {error}",
                    action="Make room on the disk, or save the map elsewhere with Ctrl+Shift+S.",
                )
            )


def backup_of(path: Path) -> Path:
    return path.with_name(path.stem + ".backup" + path.suffix)


def keep_map(path: Path, labels: np.ndarray) -> None:
    """Write a map and keep the one that was there; raises FileError with a sentence."""
    with contextlib.suppress(OSError):
        os.replace(path, backup_of(path))
    write_map(path, labels)


def recovered_map(path: Path) -> np.ndarray | None:
    """The map as it was when the window last ran, from the older copy if the newer is damaged."""
    for candidate in (path, backup_of(path)):
        try:
            return read_map(candidate).labels
        except FileError as error:
            if candidate.exists():
                log.warning("map not recovered: %s", error)
    return None
