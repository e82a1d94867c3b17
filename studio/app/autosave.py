"""The map in work, written in the background moments after every change and found at next start."""

import contextlib
import logging
import os
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.background import Background
from studio.contract.events import Failed
from studio.document.document import Change, Document
from studio.document.formats.maps import read_map, write_map
from studio.document.formats.opened import FileError

log = logging.getLogger(__name__)

_AFTER_MS = 1500
_AGAIN_MS = 30_000


class Autosave(QObject):
    """Keeps ``path`` at most two seconds behind the document, and one older copy beside it.

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
        self._edits = 0
        self.pending = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._begin)
        document.listen(self._document_changed)

    async def write(self) -> None:
        """Write now."""
        self._timer.stop()
        edits = self._edits
        try:
            await self._background.run(keep_map, self._path, self._document.labels.copy())
        except FileError as error:
            self._complain(error)
        else:
            self._refused = False
            self.pending = edits != self._edits
            self.changed.emit(self.pending)

    def close(self) -> None:
        """Write what is pending and listen no more."""
        self._document.ignore(self._document_changed)
        self._timer.stop()
        if self.pending:
            with contextlib.suppress(FileError):
                keep_map(self._path, self._document.labels)

    def _begin(self) -> None:
        self._background.start(self.write())

    def _document_changed(self, change: Change) -> None:
        if change.region or change.replaced:
            self._edits += 1
            if not self._timer.isActive():
                self._timer.start(_AFTER_MS)
                self.pending = True
                self.changed.emit(True)

    def _complain(self, error: FileError) -> None:
        log.warning("autosave: %s", error)
        self._timer.start(_AGAIN_MS)
        if not self._refused:
            self._refused = True
            self.failed.emit(
                Failed(
                    sentence=f"The map could not be saved in the background. {error}",
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
