"""The list of models: name, and a quiet line under it."""

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.app.models.register import Installed
from studio.app.models.shelf import Shelf
from studio.contract.model_card import CardKind
from studio.ui.models.words import caption, family_title, shown_name, tr

Index = QModelIndex | QPersistentModelIndex

_ROW_PX = 48
_INSET = 10
MODEL_ROLE = Qt.ItemDataRole.UserRole


class _Models(QAbstractListModel):
    """The shelf's models whose name, title or family holds the words searched for."""

    def __init__(self, shelf: Shelf, parent: QWidget) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._words = ""
        self.shown: list[Installed] = []
        self.show()

    def search(self, words: str) -> None:
        self._words = words.strip().lower()
        self.show()

    def show(self) -> None:
        """Take over the shelf's list as it is now."""
        found = [model for model in self._shelf.models if self._fits(model)]
        if [model.path for model in found] == [model.path for model in self.shown]:
            self.shown = found
            if found:
                self.dataChanged.emit(self.index(0), self.index(len(found) - 1))
            return
        self.beginResetModel()
        self.shown = found
        self.endResetModel()

    def _fits(self, model: Installed) -> bool:
        text = model.name + (
            f" {model.card.title} {family_title(model.card)}" if model.card else ""
        )
        return self._words in text.lower()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        model = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return shown_name(model)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{shown_name(model)}, {caption(model)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(model.path)
        return model if role == MODEL_ROLE else None


class _Rows(QStyledItemDelegate):
    """Two lines; what cannot be used says so in the colour of warnings."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model: Installed = index.data(MODEL_ROLE)
        palette = option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(0, 1, 0, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if chosen or over:
            painter.setPen(Qt.PenStyle.NoPen)
            role = QPalette.ColorRole.Accent if chosen else QPalette.ColorRole.Light
            ground = palette.color(role)
            if chosen:
                ground.setAlpha(56)
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), 1))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        self._write(painter, rect, model, palette)
        painter.restore()

    @staticmethod
    def _write(painter: QPainter, rect: QRect, model: Installed, palette: QPalette) -> None:
        inside = rect.adjusted(_INSET, 6, -_INSET, -6)
        half = inside.height() // 2
        usable = model.card is None or model.card.kind is not CardKind.BROKEN
        painter.setPen(palette.color(QPalette.ColorRole.WindowText) if usable else _quiet(palette))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(shown_name(model), Qt.TextElideMode.ElideMiddle, inside.width())
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRect(inside.left(), inside.top(), inside.width(), half), flags, name)
        font = QFont(painter.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(_quiet(palette))
        line = painter.fontMetrics().elidedText(
            caption(model), Qt.TextElideMode.ElideRight, inside.width()
        )
        painter.drawText(
            QRect(inside.left(), inside.top() + half, inside.width(), half), flags, line
        )


def _quiet(palette: QPalette) -> QColor:
    """Quieter than the text, and still 4.5:1 on every ground that a row has."""
    colour = QColor(palette.color(QPalette.ColorRole.WindowText))
    colour.setAlphaF(0.7)
    return colour


class ModelList(QListView):
    """``chosen(Installed or None)`` follows the selection; ``used(Installed)`` a double click."""

    chosen = Signal(object)
    used = Signal(object)

    def __init__(self, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Models"))
        self.setToolTip(tr("A click shows what a model is; a double click uses it"))
        self.entries = _Models(shelf, self)
        self.setModel(self.entries)
        self.setItemDelegate(_Rows(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.selectionModel().currentChanged.connect(self._chosen)
        self.activated.connect(self._used)

    @property
    def current(self) -> Installed | None:
        """The model that is chosen in the list."""
        index = self.currentIndex()
        return index.data(MODEL_ROLE) if index.isValid() else None

    def choose(self, key: str) -> bool:
        """Choose the model of that key; False where the list does not show it."""
        for row, model in enumerate(self.entries.shown):
            if model.key == key:
                self.setCurrentIndex(self.entries.index(row))
                return True
        return False

    def _chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(MODEL_ROLE) if index.isValid() else None)

    def _used(self, index: QModelIndex) -> None:
        self.used.emit(index.data(MODEL_ROLE))
