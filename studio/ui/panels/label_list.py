"""The labels beside the twenty materials, for models that know all 182."""

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from studio.contract.materials import OTHER_LABELS, Material
from studio.ui.paint_state import PaintState
from studio.ui.panels.swatches import folded

_LIST_PX = 156
_CHIP = 14
_LABEL = Qt.ItemDataRole.UserRole


class LabelList(QListView):
    """Names with their colours in the map; a click takes one into the hand."""

    def __init__(self, state: PaintState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._rows = QStandardItemModel(self)
        for label in sorted(OTHER_LABELS, key=lambda label: label.name):
            item = QStandardItem(_chip(label), label.name)
            item.setData(label.id, _LABEL)
            item.setEditable(False)
            self._rows.appendRow(item)
        self.setModel(self._rows)
        self.setProperty("role", "field")
        self.setAccessibleName(self.tr("More labels"))
        self.setToolTip(self.tr("All other labels that this model knows"))
        self.setFixedHeight(_LIST_PX)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._take)
        self.activated.connect(self._take)
        state.material_changed.connect(self._show)
        self._show(state.material)

    def search(self, words: str) -> list[Material]:
        """Show only the labels named so; returns them, best first."""
        wanted = folded(words)
        found = []
        for row, label in enumerate(sorted(OTHER_LABELS, key=lambda label: label.name)):
            name = folded(label.name)
            self.setRowHidden(row, wanted not in name)
            if wanted in name:
                found.append((not name.startswith(wanted), label))
        return [label for _, label in sorted(found, key=lambda pair: pair[0])]

    def _take(self, index: QModelIndex) -> None:
        self._state.set_material(index.data(_LABEL))

    def _show(self, label: int) -> None:
        for row in range(self._rows.rowCount()):
            index = self._rows.index(row, 0)
            if index.data(_LABEL) == label:
                self.setCurrentIndex(index)
                return
        self.clearSelection()


def _chip(label: Material) -> QIcon:
    pixmap = QPixmap(_CHIP, _CHIP)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(*label.gaugan))
    painter.setPen(QColor(0, 0, 0, 90))
    painter.drawRoundedRect(1, 1, _CHIP - 2, _CHIP - 2, 3, 3)
    painter.end()
    return QIcon(pixmap)
