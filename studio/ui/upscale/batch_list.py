"""The files of the batch as a list: a thumbnail, a name, and how far each one is."""

from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.app.batch_file import BatchFile
from studio.app.upscale_batch import UpscaleBatch
from studio.pictures.batch import ItemState
from studio.ui.icons import icon
from studio.ui.theme import CAPTION_PX
from studio.ui.upscale.sheet import image_of
from studio.ui.upscale.words import state_line

Index = QModelIndex | QPersistentModelIndex

ROW_PX = 48
_FEWEST_ROWS = 3
_THUMB = 36
_PAD = 6
_ICON = 16
_FILE_ROLE = Qt.ItemDataRole.UserRole
_ICONS = {
    ItemState.DONE: "check",
    ItemState.FAILED: "warning",
    ItemState.SKIPPED: "skip",
}


class _Files(QAbstractListModel):
    """The batch's files as Qt's views want them."""

    def __init__(self, batch: UpscaleBatch) -> None:
        super().__init__(batch)
        self._batch = batch
        self._files: list[BatchFile] = []
        self._pixmaps: dict[Path, QPixmap] = {}
        batch.changed.connect(self._changed)
        batch.file_changed.connect(self._file_changed)

    def file(self, index: Index) -> BatchFile:
        return self._files[index.row()]

    def row_of(self, file: BatchFile | None) -> int:
        return self._files.index(file) if file in self._files else -1

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._files)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        file = self.file(index)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return file.name
            case Qt.ItemDataRole.DecorationRole:
                return self._pixmap(file)
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join([str(file.source), state_line(file), *file.notices])
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{file.name}, {state_line(file)}"
        return file if role == _FILE_ROLE else None

    def _pixmap(self, file: BatchFile) -> QPixmap | None:
        if file.thumbnail is None:
            return None
        if file.source not in self._pixmaps:
            self._pixmaps[file.source] = QPixmap.fromImage(image_of(file.thumbnail))
        return self._pixmaps[file.source]

    def _changed(self) -> None:
        """Take over what came and went, leaving the chosen rows chosen."""
        now = self._batch.files
        for row in reversed(range(len(self._files))):
            if self._files[row] not in now:
                self.beginRemoveRows(QModelIndex(), row, row)
                self._pixmaps.pop(self._files.pop(row).source, None)
                self.endRemoveRows()
        if len(now) > len(self._files):
            self.beginInsertRows(QModelIndex(), len(self._files), len(now) - 1)
            self._files += now[len(self._files) :]
            self.endInsertRows()
        if self._files:
            self.dataChanged.emit(self.index(0), self.index(len(self._files) - 1))

    def _file_changed(self, file: BatchFile) -> None:
        row = self.row_of(file)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))


class _Rows(QStyledItemDelegate):
    """Paints one file: thumbnail, name, state, and progress along the lower edge."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        file: BatchFile = index.data(_FILE_ROLE)
        rect = option.rect.adjusted(0, 1, 0, -1)
        palette = QGuiApplication.palette()  # the stylesheet thins the quiet text of the option's
        painter.save()
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        _draw_ground(painter, option, rect)
        thumb = QRect(
            rect.left() + _PAD, rect.top() + (rect.height() - _THUMB) // 2, _THUMB, _THUMB
        )
        _draw_thumbnail(painter, thumb, index.data(Qt.ItemDataRole.DecorationRole), palette)
        words = rect.adjusted(_THUMB + 2 * _PAD + 4, 5, -_PAD - _ICON - 6, -5)
        _draw_words(painter, words, file, palette)
        if file.state in _ICONS:
            _draw_state(painter, rect, file, palette)
        if file.state is ItemState.RUNNING:
            _draw_progress(painter, rect, file.fraction, palette)
        painter.restore()


def _draw_ground(painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
    path = QPainterPath()
    path.addRoundedRect(QRectF(rect), 6, 6)
    if option.state & QStyle.StateFlag.State_Selected:
        colour = option.palette.color(QPalette.ColorRole.Accent)
        colour.setAlpha(48)
        painter.fillPath(path, colour)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillPath(path, option.palette.color(QPalette.ColorRole.Midlight))
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Accent), 1))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def _draw_thumbnail(
    painter: QPainter, place: QRect, pixmap: QPixmap | None, palette: QPalette
) -> None:
    path = QPainterPath()
    path.addRoundedRect(QRectF(place), 4, 4)
    painter.fillPath(path, palette.color(QPalette.ColorRole.Mid))
    if pixmap is None or pixmap.isNull():
        return
    side = min(pixmap.width(), pixmap.height())
    square = QRect((pixmap.width() - side) // 2, (pixmap.height() - side) // 2, side, side)
    painter.save()
    painter.setClipPath(path)
    painter.drawPixmap(place, pixmap, square)
    painter.restore()


def _draw_words(painter: QPainter, place: QRect, file: BatchFile, palette: QPalette) -> None:
    left = int(Qt.AlignmentFlag.AlignLeft)
    metrics = painter.fontMetrics()
    name = metrics.elidedText(file.name, Qt.TextElideMode.ElideMiddle, place.width())
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    painter.drawText(place, left | int(Qt.AlignmentFlag.AlignTop), name)
    font = painter.font()
    font.setPixelSize(CAPTION_PX)
    painter.setFont(font)
    line = QFontMetrics(font).elidedText(
        state_line(file), Qt.TextElideMode.ElideRight, place.width()
    )
    failed = file.state is ItemState.FAILED
    role = QPalette.ColorRole.BrightText if failed else QPalette.ColorRole.PlaceholderText
    painter.setPen(palette.color(role))
    painter.drawText(place, left | int(Qt.AlignmentFlag.AlignBottom), line)


def _draw_state(painter: QPainter, rect: QRect, file: BatchFile, palette: QPalette) -> None:
    role = {
        ItemState.DONE: QPalette.ColorRole.Accent,
        ItemState.FAILED: QPalette.ColorRole.BrightText,
    }.get(file.state, QPalette.ColorRole.PlaceholderText)
    place = QRect(rect.right() - _PAD - _ICON, rect.center().y() - _ICON // 2, _ICON, _ICON)
    icon(_ICONS[file.state], palette.color(role)).paint(painter, place)


def _draw_progress(painter: QPainter, rect: QRect, done: float, palette: QPalette) -> None:
    bar = QRectF(
        rect.left() + _THUMB + 2 * _PAD + 4, rect.bottom() - 2, rect.width() - _THUMB - 22, 3
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.color(QPalette.ColorRole.Mid))
    painter.drawRoundedRect(bar, 1.5, 1.5)
    bar.setWidth(bar.width() * done)
    painter.setBrush(palette.color(QPalette.ColorRole.Accent))
    painter.drawRoundedRect(bar, 1.5, 1.5)


class BatchList(QListView):
    """``chosen(file or None)`` follows the current row; ``reveal_wanted(file)`` asks to show a
    result in its folder, ``remove_wanted(file)`` to take a file out of the list.
    """

    chosen = Signal(object)
    reveal_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, batch: UpscaleBatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files = _Files(batch)
        self.setModel(self._files)
        self.setItemDelegate(_Rows(self))
        self.setUniformItemSizes(True)
        self.setMinimumHeight(_FEWEST_ROWS * ROW_PX)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Pictures to enlarge"))
        self.customContextMenuRequested.connect(self._menu)
        self.selectionModel().currentChanged.connect(self._current_changed)

    def sizeHint(self) -> QSize:
        """Three files; the list takes what room there is, and never makes the panel scroll."""
        return QSize(super().sizeHint().width(), _FEWEST_ROWS * ROW_PX)

    def current(self) -> BatchFile | None:
        index = self.currentIndex()
        return self._files.file(index) if index.isValid() else None

    def choose(self, file: BatchFile | None) -> None:
        """Make a file the current one and bring it into sight."""
        row = self._files.row_of(file)
        if row >= 0 and row != self.currentIndex().row():
            self.setCurrentIndex(self._files.index(row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The current file stays in sight when the panel needs the room."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def _current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        self.chosen.emit(self._files.file(index) if index.isValid() else None)

    def _menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if index.isValid():
            menu = self.menu_for(self._files.file(index))
            menu.exec(self.viewport().mapToGlobal(position))
            menu.deleteLater()

    def menu_for(self, file: BatchFile) -> QMenu:
        """What can be done with one file."""
        menu = QMenu(self)
        reveal = menu.addAction(self.tr("Show the result in its folder"))
        reveal.setEnabled(file.state is ItemState.DONE)
        reveal.triggered.connect(lambda: self.reveal_wanted.emit(file))
        menu.addSeparator()
        remove = menu.addAction(self.tr("Take out of the list"))
        remove.setEnabled(file.state is not ItemState.RUNNING)
        remove.triggered.connect(lambda: self.remove_wanted.emit(file))
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.current()
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and current is not None:
            self.remove_wanted.emit(current)
        else:
            super().keyPressEvent(event)
