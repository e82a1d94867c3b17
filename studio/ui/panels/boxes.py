"""Which objects a layout model paints, and where."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.settings import Settings
from studio.contract.geometry import Size
from studio.contract.open_images import KINDS, MOST_BOXES
from studio.contract.request import Box
from studio.document.document import Change, Document
from studio.ui.icon_button import IconButton
from studio.ui.images import to_image
from studio.ui.labelled import caption
from studio.ui.panel_scroll import PanelChoice
from studio.ui.panels.box_page import BoxPage, kind_name

_FIRST_KIND = KINDS.index("Person")


class Boxes(QWidget):
    """Tied to the document's boxes: each edit is one that can be undone."""

    def __init__(
        self, settings: Settings, document: Document, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._document = document
        self.page = BoxPage(MOST_BOXES)
        self.kind = PanelChoice()
        self.kind.addItems(sorted(KINDS, key=str.casefold))
        self.kind.setEditable(True)
        self.kind.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.kind.setMaxVisibleItems(16)
        self.kind.setAccessibleName(self.tr("Kind of object"))
        self.kind.setToolTip(self.tr("What the next box shows; type to search"))
        completer, line = self.kind.completer(), self.kind.lineEdit()
        assert completer is not None  # an editable combo box has both
        assert line is not None
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.remove = IconButton("clear", self.tr("Take the chosen box away; undo brings it back"))
        self.told = caption()
        self._lay_out()
        self.kind.activated.connect(lambda _index: self._take_kind())
        line.editingFinished.connect(self._take_kind)
        self.remove.clicked.connect(lambda: self.page.remove(self.page.chosen))
        self.page.edited.connect(self._edited)
        self.page.selected.connect(self._selected)
        document.listen(self._changed)
        for key in ("width", "height"):
            settings.watch(key, self, lambda _value: self._show_page())
        self._show_kind(_FIRST_KIND)
        self._show_boxes()
        self._show_picture()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Objects"))
        title.setProperty("role", "label")
        title.setBuddy(self.kind)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.kind, 1)
        row.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(title)
        layout.addLayout(row)
        layout.addWidget(self.page)
        layout.addWidget(self.told)

    def _take_kind(self) -> None:
        """The kind that was typed or chosen; what is none gives way to the last."""
        text = self.kind.currentText().strip().casefold()
        whole = [number for number, name in enumerate(KINDS) if name.casefold() == text]
        found = whole or [number for number, name in enumerate(KINDS) if text in name.casefold()]
        label = found[0] if text and found else self.page.kind
        self.page.set_kind(label)
        self._show_kind(label)

    def _show_kind(self, label: int) -> None:
        self.page.kind = label
        self.kind.setCurrentIndex(self.kind.findText(kind_name(label)))
        self.kind.setEditText(kind_name(label))

    def _edited(self, boxes: tuple[Box, ...]) -> None:
        self._document.set_boxes(boxes)

    def _selected(self, index: int) -> None:
        if index >= 0:
            self._show_kind(self.page.boxes[index].label)
        self.remove.setEnabled(index >= 0)

    def _changed(self, change: Change) -> None:
        if change.boxes:
            self._show_boxes()
        if change.picture:
            self._show_picture()

    def _show_boxes(self) -> None:
        boxes = self._document.boxes
        self.page.set_boxes(boxes)
        self.remove.setEnabled(self.page.chosen >= 0)
        if not boxes:
            self.told.setText(self.tr("Without boxes anything may appear."))
        elif len(boxes) >= MOST_BOXES:
            self.told.setText(self.tr("%s boxes: more the model does not take.") % len(boxes))
        else:
            self.told.setText(self.tr("%s of at most %s boxes") % (len(boxes), MOST_BOXES))

    def _show_picture(self) -> None:
        """The last picture, so that boxes can be moved to where things are."""
        pixels = self._document.picture
        pixmap = QPixmap() if pixels is None else QPixmap.fromImage(to_image(pixels))
        self.page.set_picture(pixmap)

    def _show_page(self) -> None:
        self.page.set_page(Size(self._settings["width"], self._settings["height"]))
