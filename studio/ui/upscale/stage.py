"""What upscaling puts into the window beside its panel, and what connects it to the batch."""

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from studio.app.batch_file import BatchFile
from studio.app.session import Session
from studio.app.upscale_batch import Phase
from studio.contract.upscaling import Region
from studio.pictures.batch_settings import IfThere
from studio.pictures.formats import SUFFIXES_IN
from studio.ui.files import Files
from studio.ui.images import to_pixels_with_alpha
from studio.ui.notice_bar import Notice
from studio.ui.panels.upscale import UpscalePanel
from studio.ui.upscale.compare_row import CompareRow
from studio.ui.upscale.compare_view import CompareView
from studio.ui.upscale.showing import Showing
from studio.ui.upscale.start_row import StartRow

_MIDDLE = 128
"""Sides of the region of the quick preview, in pixels of the given picture."""


class UpscaleStage(QObject):
    """``canvas`` and ``row`` stand where other panels have the canvas and its row, ``start_row``
    under the panel. ``tell(Notice)`` says what happened, ``withdraw(Notice)`` takes it back.
    """

    def __init__(
        self,
        session: Session,
        panel: UpscalePanel,
        tell: Callable[[Notice], None],
        withdraw: Callable[[Notice], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        settings, batch, background = session.settings, session.batch, session.background
        self._owner = parent
        self._settings = settings
        self._batch = batch
        self._background = background
        self._panel = panel
        self._tell = tell
        self._withdraw = withdraw
        self._offer: Notice | None = None
        self._dialog: QFileDialog | None = None
        self.canvas = CompareView()
        self.row = CompareRow(settings, batch)
        self.start_row = StartRow(batch)
        self.column = QWidget()
        layout = QVBoxLayout(self.column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.row)
        self._showing = Showing(settings, batch, background, self.canvas, panel.list, self)
        settings.watch("upscale_view", self, self.canvas.set_mode)
        self.canvas.zoomChanged.connect(self.row.show_zoom)
        self.row.fit.connect(self.canvas.fit)
        self.row.actual.connect(lambda: self.canvas.zoomTo(100))
        self.canvas.regionChosen.connect(self._preview)
        self.canvas.choosingChanged.connect(panel.region.setChecked)
        panel.files_wanted.connect(self.ask_files)
        panel.folder_wanted.connect(self.ask_folder)
        panel.preview_wanted.connect(self._preview_middle)
        panel.region_wanted.connect(self._choose_region)
        panel.list.reveal_wanted.connect(_reveal)
        self.start_row.start.connect(self.start)
        self.start_row.cancel.connect(batch.cancel)
        self.start_row.pause.connect(self.pause)
        batch.restored.connect(self._offer_to_go_on)
        batch.changed.connect(self._withdraw_offer)
        batch.refused.connect(lambda failed: tell(Notice.of(failed)))

    # Actions

    def start(self) -> None:
        """Begin, after asking what to do with results that are there already; or go on."""
        if self._batch.phase is Phase.PAUSED:
            self._batch.go_on()
        elif self._batch.phase is Phase.IDLE and self._batch.files:
            self._start(self._ask_and_start())

    def pause(self) -> None:
        """Hold, or go on."""
        if self._batch.phase is Phase.PAUSED:
            self._batch.go_on()
        else:
            self._batch.pause()

    def cancel(self) -> None:
        """Stop asking, drawing a region, the preview or the batch, whatever is going on."""
        if self.start_row.question.isVisible():
            self.start_row.question.hide()
        elif self.canvas.choosing:
            self.canvas.choose_region(False)
        elif self._batch.preview.running:
            self._batch.preview.cancel()
        elif self._batch.phase is not Phase.IDLE:
            self._batch.cancel()

    def take_paths(self, paths: list[Path], *, own: bool = False) -> None:
        """Take files or folders into the list."""
        self._start(self._add(paths, own=own))

    def take_data(self, data: QMimeData, *, own: bool = False) -> None:
        """Take what was dropped or pasted: files and folders first, then pixels."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.take_paths(paths, own=own)
        elif data.hasImage():
            image = QImage(data.imageData())
            self._start(self._add_image(image))
        else:
            self._tell(Notice(kind="info", sentence=self.tr("There is no picture to paste.")))

    @staticmethod
    def accepts(data: QMimeData) -> bool:
        """Whether a drop of this could be taken."""
        return data.hasImage() or any(url.isLocalFile() for url in data.urls())

    def ask_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES_IN))
        dialog = self._new_dialog(self.tr("Add pictures"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Pictures (%s)") % patterns, self.tr("All files (*)")])
        dialog.filesSelected.connect(lambda names: self.take_paths([Path(n) for n in names]))
        dialog.open()

    def ask_folder(self) -> None:
        dialog = self._new_dialog(self.tr("Add all pictures of a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.take_paths([Path(name)]))
        dialog.open()

    # Details

    def _start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._background.start(coroutine)

    async def _add(self, paths: list[Path], *, own: bool) -> None:
        before = len(self._batch.files)
        await self._batch.add(paths, own=own)
        self._showing.choose_from(before)

    async def _add_image(self, image: QImage) -> None:
        await self._batch.add_pixels(to_pixels_with_alpha(image))
        self._showing.choose_from(len(self._batch.files) - 1)

    async def _ask_and_start(self) -> None:
        there = await self._batch.already_there()
        if not there:
            self._batch.start()
            return
        folder = there[0].parent.name
        sentence = (
            self.tr("“%s” is in “%s” already.") % (there[0].name, folder)
            if len(there) == 1
            else self.tr("%s of the results are there already.") % len(there)
        )
        answers = (
            (IfThere.KEEP_BOTH, self.tr("Keep both"), self.tr("Write under a new name")),
            (IfThere.REPLACE, self.tr("Replace"), self.tr("Write over what is there")),
            (IfThere.SKIP, self.tr("Skip"), self.tr("Leave these pictures out")),
        )
        self.start_row.question.ask(
            sentence,
            [(title, tip, partial(self._batch.start, what)) for what, title, tip in answers],
        )

    def _offer_to_go_on(self, waiting: int) -> None:
        def go_on() -> None:
            self._settings.set("panel", "upscale")
            self._batch.go_on()

        left = self.tr("1 picture was") if waiting == 1 else self.tr("%s pictures were") % waiting
        self._offer = Notice(
            kind="offer",
            sentence=self.tr("%s left to upscale when the studio was closed.") % left,
            action=self.tr("Go on"),
            act=go_on,
        )
        self._tell(self._offer)

    def _withdraw_offer(self) -> None:
        """Once the batch goes on, or was cancelled, nothing is left to be offered."""
        if self._offer is not None and self._batch.phase is not Phase.PAUSED:
            self._withdraw(self._offer)
            self._offer = None

    def _preview_middle(self) -> None:
        region = self.canvas.middle_region(_MIDDLE)
        if region is not None:
            self._preview(region)

    def _choose_region(self, choosing: bool) -> None:
        self.canvas.choose_region(choosing)
        self.canvas.setFocus()

    def _preview(self, region: Region) -> None:
        file: BatchFile | None = self._panel.list.current()
        if file is not None and file.size is not None and self._batch.phase is Phase.IDLE:
            self._batch.preview.begin(file, region)

    def _new_dialog(self, title: str) -> QFileDialog:
        if self._dialog is not None:
            self._dialog.deleteLater()
        self._dialog = QFileDialog(self._owner, title)
        return self._dialog


def _reveal(file: BatchFile) -> None:
    if file.target is not None:
        Files.reveal(file.target.parent)
