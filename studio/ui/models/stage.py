"""What the middle of the window shows while the list of models is open."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.app.models.downloads import Download, Downloads
from studio.app.models.register import Installed, RegisterError
from studio.app.models.shelf import Shelf
from studio.contract.catalog import Capability
from studio.ui.models.detail import ModelDetail
from studio.ui.models.download_card import DownloadCard
from studio.ui.notice_bar import Notice
from studio.ui.panels.models import ModelsPanel

_WIDEST = 720


class ModelsStage(QWidget):
    """Downloads on top, then the chosen model. ``start`` runs a coroutine, ``tell`` shows a notice.

    ``use_wanted(model, panel key)`` and ``reveal_wanted(folder)`` are for the window.
    """

    use_wanted = Signal(object, str)
    reveal_wanted = Signal(object)

    def __init__(
        self,
        shelf: Shelf,
        downloads: Downloads,
        panel: ModelsPanel,
        start: Callable[[Coroutine[Any, Any, None]], None],
        tell: Callable[[Notice], None],
    ) -> None:
        super().__init__()
        self._shelf = shelf
        self._downloads = downloads
        self._panel = panel
        self._start = start
        self._tell = tell
        self._dialog: QFileDialog | None = None
        self.detail = ModelDetail(shelf)
        self.cards: dict[Download, DownloadCard] = {}
        self._card_column = QVBoxLayout()
        self._card_column.setSpacing(8)
        self._hint = QLabel(
            self.tr(
                "Drop checkpoints or folders of models here: they are used where they lie.\n"
                "ComfyUI's and A1111's folders, diffusers folders and the hub's cache are "
                "understood."
            )
        )
        self._hint.setProperty("role", "label")
        self._hint.setWordWrap(True)
        self._lay_out()
        self._connect()

    def accepts(self, data: QMimeData) -> bool:
        """Whether a drop of this could be taken."""
        return any(url.isLocalFile() for url in data.urls())

    def take_data(self, data: QMimeData) -> None:
        """Point at the files and folders that were dropped."""
        for url in data.urls():
            if url.isLocalFile():
                self._start(self.add(Path(url.toLocalFile())))

    async def add(self, path: Path) -> None:
        """Point at a file or folder, and show the first model found there."""
        try:
            added = await self._shelf.add(path)
        except RegisterError as error:
            self._tell(Notice(kind="error", sentence=str(error)))
            return
        if added:
            self._panel.list.choose(added[0].key)
            many = len(added) > 1
            sentence = self.tr("%s models of %s are on the list.") % (len(added), path.name)
            if many:
                self._tell(Notice(kind="info", sentence=sentence))

    def ask_file(self) -> None:
        """Let the person choose a checkpoint."""
        filters = self.tr("Checkpoints (*.safetensors *.ckpt *.pt *.pth *.bin);;All files (*)")
        dialog = QFileDialog(self, self.tr("Add a model"), "", filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._open(dialog)

    def ask_folder(self) -> None:
        """Let the person choose a folder of models."""
        dialog = QFileDialog(self, self.tr("Add a folder of models"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog)

    def look_up(self, text: str) -> None:
        """Ask the hub about a name; a path that is there is added instead."""
        path = Path(text).expanduser()
        if path.is_absolute() and path.exists():
            self._start(self.add(path))
        else:
            self._downloads.look_up(text)

    def _open(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._add_all)
        self._dialog = dialog
        dialog.open()

    def _add_all(self, names: list[str]) -> None:
        for name in names:
            self._start(self.add(Path(name)))

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(inner)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(20)
        column.addLayout(self._card_column)
        column.addWidget(self.detail)
        column.addStretch(1)
        column.addWidget(self._hint)
        scroll = QScrollArea()
        scroll.setObjectName("modelsStage")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def _connect(self) -> None:
        panel, detail = self._panel, self.detail
        panel.list.chosen.connect(detail.show_model)
        panel.list.used.connect(self._use)
        panel.file_wanted.connect(self.ask_file)
        panel.folder_wanted.connect(self.ask_folder)
        panel.name_given.connect(self.look_up)
        detail.use_wanted.connect(self.use_wanted)
        detail.reveal_wanted.connect(self.reveal_wanted)
        detail.remove_wanted.connect(lambda model: self._start(self._remove(model)))
        detail.answered.connect(lambda model, told: self._start(self._answer(model, told)))
        detail.words_wanted.connect(self._downloads.look_up_words)
        self._shelf.changed.connect(self._show_again)
        self._downloads.changed.connect(self._show_downloads)
        self._downloads.finished.connect(self._finished)
        self._show_downloads()

    def show_chosen(self, key: str) -> None:
        """Choose a model, so that nobody begins with an empty page."""
        if self._panel.list.current is None:
            self._panel.list.choose(key)

    def _use(self, model: Installed) -> None:
        if model.card is not None and model.card.usable and not model.asks:
            self.use_wanted.emit(model, "prompt")
        elif model.card is not None and model.card.can(Capability.UPSCALE):
            self.use_wanted.emit(model, "upscale")

    async def _remove(self, model: Installed) -> None:
        try:
            await self._shelf.remove(model)
        except RegisterError as error:
            self._tell(Notice(kind="error", sentence=str(error)))
        left = self._panel.list.entries.shown
        if left and self._panel.list.current is None:  # no empty page is left behind
            self._panel.list.choose(left[0].key)

    async def _answer(self, model: Installed, prediction: str) -> None:
        try:
            await self._shelf.answer(model, prediction)
        except RegisterError as error:
            self._tell(Notice(kind="error", sentence=str(error)))

    def _show_again(self) -> None:
        shown = self.detail.model
        if shown is not None:
            now = [model for model in self._shelf.models if model.key == shown.key]
            self.detail.show_model(now[0] if now else None)

    def _show_downloads(self) -> None:
        for item in [item for item in self.cards if item not in self._downloads.items]:
            card = self.cards.pop(item)
            self._card_column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for item in self._downloads.items:
            if item not in self.cards:
                self.cards[item] = DownloadCard(item, self._downloads)
                self._card_column.addWidget(self.cards[item])
            self.cards[item].show_now()

    def _finished(self, item: Download) -> None:
        self._tell(Notice(kind="info", sentence=self.tr("%s has arrived.") % item.what))
        self._start(self._take_in(item))

    async def _take_in(self, item: Download) -> None:
        await self._shelf.refresh()
        self._show_again()  # a word list changes no model, but what is said of one
        for model in self._shelf.models:
            if model.place == item.folder:
                self._panel.list.choose(model.key)
                return
