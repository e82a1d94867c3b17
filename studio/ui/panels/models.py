"""The panel with the list of models, and the ways to have more of them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio.app.models.shelf import Shelf
from studio.app.orders import EngineReady
from studio.ui.labelled import caption, labelled
from studio.ui.models.list_view import ModelList


class ModelsPanel(QWidget):
    """``file_wanted()`` and ``folder_wanted()`` ask for what to point at, ``name_given(str)`` for a
    model of the hub.
    """

    foot = None

    file_wanted = Signal()
    folder_wanted = Signal()
    name_given = Signal(str)

    def __init__(self, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search models"))
        self.search.setAccessibleName(self.tr("Search models"))
        self.search.setToolTip(self.tr("Shows only the models whose name or kind holds this"))
        self.search.setClearButtonEnabled(True)
        self.list = ModelList(shelf)
        self.none = caption(self.tr("No model is called so."))
        self.none.hide()
        self.looking = QLabel()
        self.looking.setProperty("role", "caption")
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("CompVis/ldm-text2im-large-256"))
        self.name.setAccessibleName(self.tr("Name on the hub"))
        self.name.setToolTip(
            self.tr("A name on the Hugging Face hub, or an address there; Enter shows its size")
        )
        self.look_up = QPushButton(self.tr("Look up"))
        self.look_up.setAccessibleName(self.tr("Look up on the hub"))
        self.look_up.setToolTip(self.tr("Show size and licence; nothing is fetched yet"))
        self._lay_out()
        self.search.textChanged.connect(self._search)
        self.name.returnPressed.connect(self._give_name)
        self.look_up.clicked.connect(self._give_name)
        shelf.changed.connect(self._show)
        self._show()

    def show_model(self, ready: EngineReady) -> None:
        """What the engine holds is no matter here."""

    def focus_first(self) -> None:
        """Put the keyboard on the list, so that the arrow keys work."""
        self.list.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """A search that nobody sees would only hide models the next time."""
        self.search.clear()
        super().hideEvent(event)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.none)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.looking)
        layout.addLayout(labelled(self.tr("Add what you have, where it lies"), self._buttons()))
        hub = QWidget()
        row = QHBoxLayout(hub)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name, 1)
        row.addWidget(self.look_up)
        layout.addLayout(labelled(self.tr("Fetch from the hub"), hub, buddy=self.name))

    def _buttons(self) -> QWidget:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for title, tip, signal in (
            (self.tr("File…"), self.tr("A .safetensors or .ckpt file"), self.file_wanted),
            (
                self.tr("Folder…"),
                self.tr("ComfyUI's or A1111's models, a diffusers folder, the hub's cache"),
                self.folder_wanted,
            ),
        ):
            button = QPushButton(title)
            button.setAccessibleName(title)
            button.setToolTip(tip)
            button.clicked.connect(signal)
            row.addWidget(button, 1)
        return body

    def _give_name(self) -> None:
        if text := self.name.text().strip():
            self.name.clear()
            self.name_given.emit(text)

    def _search(self, words: str) -> None:
        self.list.entries.search(words)
        self.none.setVisible(not self.list.entries.shown)

    def _show(self) -> None:
        before = self.list.current
        self.list.entries.show()
        if before is not None and not self.list.choose(before.key):
            self.list.chosen.emit(None)
        unread = sum(model.card is None for model in self._shelf.models)
        self.looking.setText(self.tr("%n being looked at…", "", unread) if unread else "")
        self.looking.setVisible(bool(unread))
        self.looking.setTextFormat(Qt.TextFormat.PlainText)
