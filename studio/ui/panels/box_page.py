"""The page on which boxes of objects are drawn, moved and resized."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.contract.geometry import Size
from studio.contract.open_images import KINDS
from studio.contract.request import Box

_TALLEST_PX = 288
_GRIP_PX = 9
_SMALLEST = 0.02
"""Of the page's side; what is drawn smaller was a click."""
_KEY_STEP = 1 / 64
_GOLDEN = 0.61803
_DIM = 0.45
_STEPS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


def kind_name(label: int) -> str:
    """What a kind of objects is called."""
    return KINDS[label] if label < len(KINDS) else str(label)


def _kind_colours(boxes: tuple[Box, ...]) -> dict[int, QColor]:
    """A colour for each kind that is there, those that come together far apart."""
    kinds = list(dict.fromkeys(box.label for box in boxes))
    return {
        label: QColor.fromHslF((0.55 + number * _GOLDEN) % 1, 0.75, 0.6)
        for number, label in enumerate(kinds)
    }


class BoxPage(QWidget):
    """``edited(boxes)`` follows each finished edit, ``selected(index)`` each choice, -1 for none.

    A drag over an empty place draws a box of ``kind``; inside a box it moves it, at a corner of the
    chosen one it resizes it.
    """

    edited = Signal(object)
    selected = Signal(int)

    def __init__(self, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = 0
        self.boxes: tuple[Box, ...] = ()
        self.chosen = -1
        self._most = most
        self._page = Size(1, 1)
        self._pixmap = QPixmap()
        self._drag: tuple[QPointF, tuple[bool, bool], Box | None] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Boxes of objects"))
        self.setToolTip(
            self.tr("Drag to draw a box; drag a box to move it, its corners to resize it; Delete")
        )

    # What is shown

    def set_page(self, page: Size) -> None:
        """The proportions of the picture."""
        self._page = page
        self.updateGeometry()
        self.setFixedHeight(round(min(_TALLEST_PX, self._full_width() * page.height / page.width)))
        self.update()

    def set_picture(self, pixmap: QPixmap) -> None:
        """What is seen faintly behind the boxes; a null pixmap for nothing."""
        self._pixmap = pixmap
        self.update()

    def set_boxes(self, boxes: tuple[Box, ...]) -> None:
        """Show other boxes; emits nothing."""
        self.boxes = boxes
        if self.chosen >= len(boxes):
            self.chosen = -1
        self.update()

    def choose(self, index: int) -> None:
        """Choose a box, -1 for none."""
        if index != self.chosen:
            self.chosen = index
            self.selected.emit(index)
            self.update()

    def remove(self, index: int) -> None:
        """Take a box away."""
        self.choose(-1)
        self._finish(self.boxes[:index] + self.boxes[index + 1 :])

    def set_kind(self, label: int) -> None:
        """The kind of the chosen box, and of those that are drawn from now on."""
        self.kind = label
        if self.chosen >= 0 and self.boxes[self.chosen].label != label:
            self._finish(self._with(self.chosen, replace(self.boxes[self.chosen], label=label)))

    def sizeHint(self) -> QSize:
        return QSize(self._full_width(), self.height())

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        height = round(min(_TALLEST_PX, self.width() * self._page.height / self._page.width))
        if height != self.height():
            self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        page = self._paper()
        painter.fillRect(page, self.palette().base())
        if not self._pixmap.isNull():
            painter.setOpacity(_DIM)
            painter.drawPixmap(page, self._pixmap, QRectF(self._pixmap.rect()))
            painter.setOpacity(1)
        font = self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        colours = _kind_colours(self.boxes)
        for index in self._by_area():
            box = self.boxes[index]
            self._draw(painter, box, colours[box.label], index == self.chosen)
        edge = self.palette().accent() if self.hasFocus() else self.palette().mid()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(edge.color(), 1))
        painter.drawRect(page.adjusted(0.5, 0.5, -0.5, -0.5))
        if not self.boxes and self._drag is None:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(
                page.adjusted(12, 8, -12, -8),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                self.tr("Choose what it is,\nthen drag where it shall be."),
            )

    def _draw(self, painter: QPainter, box: Box, colour: QColor, chosen: bool) -> None:
        place = self._place(box)
        fill = QColor(colour)
        fill.setAlphaF(0.3 if chosen else 0.16)
        painter.setBrush(fill)
        painter.setPen(QPen(colour, 2.5 if chosen else 1.5))
        painter.drawRect(place)
        room = round(self._paper().right() - place.left()) - 8  # a narrow box has a wide name
        name = painter.fontMetrics().elidedText(
            kind_name(box.label), Qt.TextElideMode.ElideRight, max(16, room)
        )
        tab = QRectF(
            place.left(), place.top(), painter.fontMetrics().horizontalAdvance(name) + 8, 16
        )
        painter.fillRect(tab, colour)
        painter.setPen(QColor("#101114"))
        painter.drawText(tab, int(Qt.AlignmentFlag.AlignCenter), name)
        if chosen:
            painter.setBrush(colour)
            painter.setPen(QPen(QColor("#101114"), 1))
            for corner in _corners(place):
                painter.drawRect(QRectF(corner.x() - 3, corner.y() - 3, 6, 6))

    # What a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        at = event.position()
        grip = self._grip(at)
        if grip is not None:
            anchor, _, box = grip
            self._drag = (anchor, (True, True), box)
            return
        index = self._under(at)
        if index >= 0:
            self.choose(index)
            self._drag = (at, (False, False), self.boxes[index])
            return
        self.choose(-1)
        if len(self.boxes) < self._most:
            self._drag = (at, (True, True), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._drag is None:
            self._show_cursor(at)
            return
        start, sides, box = self._drag
        if not all(sides):
            assert box is not None
            self.boxes = self._with(self.chosen, self._moved(box, self._part(at - start)))
        elif box is None and self.chosen < 0:
            drawn = self._between(start, at, self.kind)
            if drawn is not None:
                self.boxes = (*self.boxes, drawn)
                self._drag = (start, sides, drawn)
                self.choose(len(self.boxes) - 1)
        else:
            assert box is not None
            drawn = self._between(start, at, box.label)
            if drawn is not None:
                self.boxes = self._with(self.chosen, drawn)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._drag is not None:
            self._drag = None
            self._finish(self.boxes)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self.chosen >= 0 and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove(self.chosen)
        elif self.chosen >= 0 and key in _STEPS:
            x, y = _STEPS[key]
            moved = self._moved(self.boxes[self.chosen], QPointF(x * _KEY_STEP, y * _KEY_STEP))
            self._finish(self._with(self.chosen, moved))
        elif self.boxes and key == Qt.Key.Key_Space:
            self.choose((self.chosen + 1) % len(self.boxes))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().focusOutEvent(event)
        self.update()

    # How

    def _finish(self, boxes: tuple[Box, ...]) -> None:
        self.boxes = boxes
        self.update()
        self.edited.emit(boxes)

    def _with(self, index: int, box: Box) -> tuple[Box, ...]:
        return (*self.boxes[:index], box, *self.boxes[index + 1 :])

    def _full_width(self) -> int:
        return self.width() if self.width() > 1 else 286

    def _paper(self) -> QRectF:
        """Where the picture lies in the widget."""
        scale = min(self.width() / self._page.width, self.height() / self._page.height)
        width, height = self._page.width * scale, self._page.height * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _place(self, box: Box) -> QRectF:
        page = self._paper()
        return QRectF(
            page.left() + box.left * page.width(),
            page.top() + box.top * page.height(),
            (box.right - box.left) * page.width(),
            (box.bottom - box.top) * page.height(),
        )

    def _part(self, distance: QPointF) -> QPointF:
        """A distance on the screen in parts of the page."""
        page = self._paper()
        return QPointF(distance.x() / page.width(), distance.y() / page.height())

    def _between(self, one: QPointF, other: QPointF, label: int) -> Box | None:
        """The box between two points on the screen, cut at the page; None where it is tiny."""
        page = self._paper()
        first, second = (self._part(point - page.topLeft()) for point in (one, other))
        left, right = sorted((_within(first.x()), _within(second.x())))
        top, bottom = sorted((_within(first.y()), _within(second.y())))
        if right - left < _SMALLEST or bottom - top < _SMALLEST:
            return None
        return Box(label=label, left=left, top=top, right=right, bottom=bottom)

    @staticmethod
    def _moved(box: Box, by: QPointF) -> Box:
        x = min(max(by.x(), -box.left), 1 - box.right)
        y = min(max(by.y(), -box.top), 1 - box.bottom)
        return replace(
            box,
            left=_within(box.left + x),
            right=_within(box.right + x),
            top=_within(box.top + y),
            bottom=_within(box.bottom + y),
        )

    def _by_area(self) -> list[int]:
        """The largest first, so that smaller ones lie on top."""
        return sorted(range(len(self.boxes)), key=lambda index: -_area(self.boxes[index]))

    def _under(self, at: QPointF) -> int:
        return next(
            (i for i in reversed(self._by_area()) if self._place(self.boxes[i]).contains(at)), -1
        )

    def _grip(self, at: QPointF) -> tuple[QPointF, int, Box] | None:
        """The corner of the chosen box that is held, as its opposite; None for no corner."""
        if self.chosen < 0:
            return None
        corners = _corners(self._place(self.boxes[self.chosen]))
        for number, corner in enumerate(corners):
            if (corner - at).manhattanLength() <= _GRIP_PX:
                return corners[(number + 2) % 4], number, self.boxes[self.chosen]
        return None

    def _show_cursor(self, at: QPointF) -> None:
        grip = self._grip(at)
        if grip is not None:
            falling = grip[1] % 2 == 0
            shape = Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor
        elif self._under(at) >= 0:
            shape = Qt.CursorShape.SizeAllCursor
        else:
            shape = Qt.CursorShape.CrossCursor
        self.setCursor(shape)


def _corners(place: QRectF) -> tuple[QPointF, QPointF, QPointF, QPointF]:
    return place.topLeft(), place.topRight(), place.bottomRight(), place.bottomLeft()


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))
