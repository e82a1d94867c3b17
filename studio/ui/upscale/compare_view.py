"""The canvas of upscaling: before and after under one divider, or side by side, at one zoom."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPointingDevice,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.contract.geometry import Size
from studio.contract.upscaling import Region
from studio.ui.canvas import overlay
from studio.ui.canvas.display import ZOOM_PER_NOTCH
from studio.ui.canvas.view import View
from studio.ui.upscale import compare_marks as marks
from studio.ui.upscale.layers import Layers, placed

VIEW_MODES = ("slider", "beside", "after", "before")

_NOTCH = 120
_NOTCH_PAN = 48
_REACH = 12
_STEP = 0.01
_LARGE_STEP = 0.1
_SMALLEST_DRAG = 4


class CompareView(QWidget):
    """Shows the Layers of one file.

    ``empty_text`` is shown where there is nothing to show, ``note`` below a picture.
    ``split`` is the divider's place, 0 at the left edge of the picture and 1 at the right.
    ``splitChanged(split)`` follows it, ``zoomChanged(percent or None)`` the zoom;
    ``regionChosen(Region)`` brings a region of the given picture that was drawn,
    ``choosingChanged(bool)`` whether one is being drawn.
    """

    splitChanged = Signal(float)
    zoomChanged = Signal(object)
    regionChosen = Signal(object)
    choosingChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Before and after"))
        self.setToolTip("")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.split = 0.5
        self.choosing = False
        self.layers: Layers | None = None
        self.empty_text = ""
        self.note = ""
        self._view = View()
        self._mode = "slider"
        self._holding_before = False
        self._dragging_split = False
        self._panning: QPointF | None = None
        self._corner: QPointF | None = None
        self._pointer = QPointF()

    # What the window calls

    def set_layers(self, layers: Layers | None) -> None:
        """Show another file, or the same one anew."""
        self.layers = layers
        self.choose_region(False)
        self._lay_out()

    def refresh(self, place: QRectF | None = None) -> None:
        """Draw what has changed in the layers: everything, or a place on the page."""
        if place is None or self.layers is None:
            self._lay_out()
            return
        for index in range(self._view.pages):
            rect = placed(place, self._view.page_rect(index), self._view.zoom)
            self.update(rect.toAlignedRect().adjusted(-2, -2, 2, 2))

    def set_mode(self, mode: str) -> None:
        """Take one of VIEW_MODES."""
        self._mode = mode
        self._lay_out()

    def set_split(self, split: float) -> None:
        """Move the divider; emits splitChanged when it really moved."""
        split = min(max(split, 0.0), 1.0)
        if split != self.split:
            self.split = split
            self.splitChanged.emit(split)
            self._describe()
            self.update()

    def choose_region(self, choosing: bool) -> None:
        """Let the pointer draw a region, or no longer."""
        choosing = choosing and self.layers is not None
        self._corner = None
        if choosing != self.choosing:
            self.choosing = choosing
            self.choosingChanged.emit(choosing)
        self._show_cursor()
        self.update()

    def middle_region(self, side: int) -> Region | None:
        """The ``side`` pixels of the given picture in the middle of what is seen."""
        if self.layers is None:
            return None
        page = self._view.page_rect(self._view.pages - 1)
        room = QRectF(self.rect()) & page
        middle = ((room if room.isValid() else page).center() - page.topLeft()) / self._view.zoom
        made, given = self.layers.made, self.layers.given
        width = min(side, given.width) * made.width / given.width
        height = min(side, given.height) * made.height / given.height
        left = min(max(middle.x() - width / 2, 0), made.width - width)
        top = min(max(middle.y() - height / 2, 0), made.height - height)
        return self.layers.given_region(QRectF(left, top, width, height))

    def fit(self) -> None:
        self._view.fit()
        self._view_changed()

    def zoomTo(self, percent: float) -> None:
        """Zoom about the middle; 100 is one pixel of the result on one screen pixel."""
        middle = QPointF(self.rect().center())
        self._view.zoom_about(middle, percent / 100 / self.devicePixelRatioF())
        self._view_changed()

    def zoomBy(self, notches: float) -> None:
        middle = QPointF(self.rect().center())
        self._view.zoom_about(middle, self._view.zoom * ZOOM_PER_NOTCH**notches)
        self._view_changed()

    def zoom(self) -> float:
        """Percent; 100 is one pixel of the result on one screen pixel."""
        return self._view.zoom * self.devicePixelRatioF() * 100

    @property
    def shows_divider(self) -> bool:
        """Whether there is something to compare and the divider is drawn."""
        compares = self.layers is not None and self.layers.comparable
        return compares and self._mode == "slider" and not self._holding_before

    # Layout

    def _lay_out(self) -> None:
        size = self.layers.made if self.layers is not None else Size(1, 1)
        pages = 2 if self._mode == "beside" else 1
        self._view.lay_out(size, pages, QSizeF(self.size()))
        self._view_changed()

    def _view_changed(self) -> None:
        self._describe()
        self.zoomChanged.emit(self.zoom() if self.layers is not None else None)
        self._show_cursor()
        self.update()

    def _describe(self) -> None:
        if self.layers is None:
            self.setAccessibleDescription(self.empty_text)
            return
        text = self.tr("%s pixels at %d %%") % (self.layers.made, round(self.zoom()))
        if self.shows_divider:
            text += self.tr(", divider at %d %%") % round(self.split * 100)
        self.setAccessibleDescription(" ".join(filter(None, [text + ".", self.note])))

    def _split_x(self) -> float:
        page = self._view.page_rect()
        return page.left() + self.split * page.width()

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.palette().shadow())
        if self.layers is None:
            room = QRectF(self.rect())
            if self.empty_text:
                overlay.draw_message(painter, room, self.empty_text, self)
        else:
            for index in range(self._view.pages):
                self._draw_page(painter, self.layers, index)
            self._draw_marks(painter, self.layers)
        painter.end()

    def _draw_page(self, painter: QPainter, layers: Layers, index: int) -> None:
        page = self._view.page_rect(index)
        overlay.draw_checkerboard(painter, page)
        before_only = self._mode == "before" or self._holding_before
        if self._view.pages == 2:
            before_only = index == 0
        if before_only:
            layers.draw_before(painter, page)
            return
        exact = not self._view.fitted
        if not self.shows_divider:
            layers.draw_after(painter, page, exact=exact)
            return
        for left, right, draws in (
            (page.left(), self._split_x(), "before"),
            (self._split_x(), page.right(), "after"),
        ):
            painter.save()
            painter.setClipRect(QRectF(left, page.top(), right - left, page.height()))
            if draws == "before":
                layers.draw_before(painter, page)
            else:
                layers.draw_after(painter, page, exact=exact)
            painter.restore()

    def _draw_marks(self, painter: QPainter, layers: Layers) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        page = self._view.page_rect()
        if layers.region is not None and not self._holding_before:
            for index in range(self._view.pages):
                place = layers.on_page(layers.region)
                marks.draw_region(
                    painter, placed(place, self._view.page_rect(index), self._view.zoom)
                )
        if self._corner is not None:
            marks.draw_region(painter, QRectF(self._corner, self._pointer).normalized())
        if self.shows_divider:
            marks.draw_divider(painter, self, page, self._split_x())
        self._draw_labels(painter, layers)
        if self.note:
            marks.draw_note(painter, self, self.note)

    def _draw_labels(self, painter: QPainter, layers: Layers) -> None:
        before, after = self.tr("Before"), self.tr("After")
        seen = QRectF(self.rect()) & self._view.page_rect()
        if self._view.pages == 2:
            marks.draw_label(painter, self, seen, before, right=False)
            if layers.comparable:
                second = QRectF(self.rect()) & self._view.page_rect(1)
                marks.draw_label(painter, self, second, after, right=True)
        elif self.shows_divider:
            left = QRectF(seen.topLeft(), QPointF(self._split_x(), seen.bottom()))
            right = QRectF(QPointF(self._split_x(), seen.top()), seen.bottomRight())
            marks.draw_label(painter, self, left, before, right=False)
            marks.draw_label(painter, self, right, after, right=True)
        elif layers.comparable:
            shows_before = self._mode == "before" or self._holding_before
            marks.draw_label(painter, self, seen, before if shows_before else after, right=False)

    # The pointer

    def _on_divider(self, position: QPointF) -> bool:
        page = self._view.page_rect()
        near = abs(position.x() - self._split_x()) <= _REACH
        return self.shows_divider and near and page.top() <= position.y() <= page.bottom()

    def _show_cursor(self) -> None:
        if self._panning is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self.choosing:
            shape = Qt.CursorShape.CrossCursor
        elif self._dragging_split or self._on_divider(self._pointer):
            shape = Qt.CursorShape.SplitHCursor
        elif self.layers is not None:
            shape = Qt.CursorShape.OpenHandCursor
        else:
            shape = Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position, left = event.position(), event.button() is Qt.MouseButton.LeftButton
        self._pointer = position
        if self.layers is None:
            return
        if left and self.choosing:
            self._corner = position
        elif left and self._on_divider(position):
            self._dragging_split = True
        elif left or event.button() is Qt.MouseButton.MiddleButton:
            self._panning = position
        self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._dragging_split:
            page = self._view.page_rect()
            self.set_split((position.x() - page.left()) / page.width())
        elif self._panning is not None:
            self._view.pan(position - self._panning)
            self._panning = position
            self._view_changed()
        elif self._corner is not None:
            self.update()
        self._pointer = position
        self._show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        corner = self._corner
        self._dragging_split, self._panning = False, None
        if corner is not None:
            self._finish_region(corner, event.position())
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.layers is None or self.choosing:
            return
        if self._on_divider(event.position()):
            self.set_split(0.5)
        elif self._view.fitted:
            self._view.zoom_about(event.position(), 1 / self.devicePixelRatioF())
            self._view_changed()
        else:
            self.fit()

    def _finish_region(self, corner: QPointF, end: QPointF) -> None:
        drawn = QRectF(corner, end).normalized()
        self.choose_region(False)
        if self.layers is None or max(drawn.width(), drawn.height()) < _SMALLEST_DRAG:
            return
        first, last = (self._view.to_page(p) for p in (drawn.topLeft(), drawn.bottomRight()))
        self.regionChosen.emit(self.layers.given_region(QRectF(first, last)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        pad = event.device().type() == QPointingDevice.DeviceType.TouchPad or (
            event.phase() != Qt.ScrollPhase.NoScrollPhase
        )
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if pad and not control:
            way = QPointF(event.pixelDelta())
            self._view.pan(way if not way.isNull() else QPointF(event.angleDelta()) / 4)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            notches = (event.angleDelta().y() or event.angleDelta().x()) / _NOTCH
            self._view.pan(QPointF(notches * _NOTCH_PAN, 0))
        else:
            notches = event.angleDelta().y() / _NOTCH
            self._view.zoom_about(event.position(), self._view.zoom * ZOOM_PER_NOTCH**notches)
        event.accept()
        self._view_changed()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                self._view.zoom_about(event.position(), self._view.zoom * (1 + event.value()))
                self._view_changed()
            return True
        return super().event(event)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = _LARGE_STEP if shift else _STEP
        match event.key():
            case Qt.Key.Key_Left if self.shows_divider:
                self.set_split(self.split - step)
            case Qt.Key.Key_Right if self.shows_divider:
                self.set_split(self.split + step)
            case Qt.Key.Key_Home if self.shows_divider:
                self.set_split(0.0)
            case Qt.Key.Key_End if self.shows_divider:
                self.set_split(1.0)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoomBy(1)
            case Qt.Key.Key_Minus:
                self.zoomBy(-1)
            case Qt.Key.Key_Space:
                self._hold_before(True)
            case Qt.Key.Key_Escape if self.choosing:
                self.choose_region(False)
            case _:
                super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_before(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: object) -> None:
        self._hold_before(False)

    def _hold_before(self, hold: bool) -> None:
        """While Space is down the picture as it was is seen, whatever the mode."""
        if hold != self._holding_before:
            self._holding_before = hold
            self._view_changed()
