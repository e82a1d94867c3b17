"""The pictures made so far, as thumbnails."""

from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.gallery import Entry, Gallery
from studio.ui.icon_button import IconButton

Index = QModelIndex | QPersistentModelIndex

CELL = 112
HEAD_PX = 48
_GAP = 8
_CORNER = 6


class _Entries(QAbstractListModel):
    """The gallery's entries as Qt's views want them; thumbnails are read when they are seen."""

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(gallery)
        self._gallery = gallery
        self._pixmaps: dict[Path, QPixmap] = {}
        gallery.added.connect(self._reset)
        gallery.removed.connect(self._reset)
        gallery.loaded.connect(self._reset)

    def entry(self, index: Index) -> Entry:
        return self._gallery.entries[index.row()]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._gallery.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.entry(index)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmap(entry)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.title
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self.entry(index).path)) for index in indexes])
        return data

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def _pixmap(self, entry: Entry) -> QPixmap:
        if entry.path not in self._pixmaps:
            self._pixmaps[entry.path] = QPixmap.fromImage(QImage(str(entry.thumbnail)))
        return self._pixmaps[entry.path]

    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()


class _Thumbnails(QStyledItemDelegate):
    """Paints a thumbnail with round corners, cut to a square, ringed when chosen or focused."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(CELL, CELL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect = option.rect.adjusted(_GAP // 2, _GAP // 2, -_GAP // 2, -_GAP // 2)
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        painter.save()
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        path = QPainterPath()
        path.addRoundedRect(QRectF(rect), _CORNER, _CORNER)
        painter.setClipPath(path)
        painter.fillPath(path, option.palette.base())
        if not pixmap.isNull():
            painter.drawPixmap(rect, pixmap, _square(pixmap))
        painter.setClipping(False)
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(option.palette.highlight(), 2))
            painter.drawPath(path)
        elif state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(option.palette.text(), 1))
            painter.drawPath(path)
        painter.restore()


class HistoryStrip(QWidget):
    """Newest first. A click restores the picture with its settings and map.

    ``chosen(entry)``, ``save_wanted``, ``copy_wanted``, ``reveal_wanted``, ``seed_wanted``,
    ``source_wanted`` (start a new picture from it), ``upscale_wanted`` and ``delete_wanted`` carry
    the entry; ``folder_wanted()`` asks to see where they are kept.
    """

    chosen = Signal(object)
    save_wanted = Signal(object)
    copy_wanted = Signal(object)
    reveal_wanted = Signal(object)
    seed_wanted = Signal(object)
    source_wanted = Signal(object)
    upscale_wanted = Signal(object)
    delete_wanted = Signal(object)
    folder_wanted = Signal()

    def __init__(self, gallery: Gallery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gallery = gallery
        self._entries = _Entries(gallery)
        title = QLabel(self.tr("History"))
        title.setProperty("role", "title")
        self._count = QLabel()
        self._count.setProperty("role", "caption")
        folder = IconButton("folder", self.tr("Open the folder with these pictures"))
        folder.clicked.connect(self.folder_wanted)
        top = QWidget()
        top.setFixedHeight(HEAD_PX)
        head = QHBoxLayout(top)
        head.setContentsMargins(16, 0, 8, 0)
        head.addWidget(title)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(folder)
        self.view = self._view()
        self._empty = QLabel(
            self.tr(
                "Your pictures appear here. A click brings back a picture with all its settings."
            )
        )
        self._empty.setProperty("role", "label")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._empty.setContentsMargins(12, 32, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(top)
        layout.addWidget(self._empty)
        pictures = QHBoxLayout()
        pictures.setContentsMargins(16 - _GAP // 2, 0, 0, 0)
        pictures.addWidget(self.view)
        layout.addLayout(pictures, 1)
        layout.addStretch(0)
        self._entries.modelReset.connect(self._show)
        self._show()

    def _view(self) -> QListView:
        view = QListView()
        view.setModel(self._entries)
        view.setItemDelegate(_Thumbnails(view))
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setMovement(QListView.Movement.Static)
        view.setUniformItemSizes(True)
        view.setGridSize(QSize(CELL, CELL))
        view.setDragEnabled(True)
        view.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        view.setMouseTracking(True)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setAccessibleName(self.tr("History"))
        view.setToolTip(self.tr("A click brings back a picture with all its settings"))
        view.customContextMenuRequested.connect(self._menu)
        view.clicked.connect(self._clicked)
        view.activated.connect(self._clicked)
        return view

    def _clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(self._entries.entry(index))

    def _menu(self, position: QPoint) -> None:
        index = self.view.indexAt(position)
        if index.isValid():
            menu = self.menu_for(self._entries.entry(index))
            menu.exec(self.view.viewport().mapToGlobal(position))
            menu.deleteLater()

    def menu_for(self, entry: Entry) -> QMenu:
        """What can be done with one picture."""
        menu = QMenu(self)
        for title, signal in (
            (self.tr("Restore picture and settings"), self.chosen),
            (self.tr("Use its seed"), self.seed_wanted),
            (self.tr("Use as the source picture"), self.source_wanted),
            (self.tr("Upscale this"), self.upscale_wanted),
            ("", None),
            (self.tr("Save as…"), self.save_wanted),
            (self.tr("Copy"), self.copy_wanted),
            (self.tr("Show in its folder"), self.reveal_wanted),
            ("", None),
            (self.tr("Move to the bin"), self.delete_wanted),
        ):
            if signal is None:
                menu.addSeparator()
            else:
                action = menu.addAction(title)
                action.triggered.connect(lambda _checked=False, tell=signal: tell.emit(entry))
                if signal is self.seed_wanted:
                    action.setEnabled(entry.seed is not None)
        return menu

    def _show(self) -> None:
        count = len(self._gallery.entries)
        self._count.setText(str(count) if count else "")
        self._empty.setVisible(not count)
        self.view.setVisible(bool(count))


def _square(pixmap: QPixmap) -> QRect:
    side = min(pixmap.width(), pixmap.height())
    return QRect((pixmap.width() - side) // 2, (pixmap.height() - side) // 2, side, side)
