"""The canvas of upscaling: before and after, and the pointer and the keys on them."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.ui.canvas.display import ZOOM_PER_NOTCH
from studio.ui.upscale import compare_marks as marks
from studio.ui.upscale.compare_display import VIEW_MODES, CompareDisplay
from studio.ui.upscale.layers import Layers

__all__ = ["VIEW_MODES", "CompareView"]

_NOTCH = 120
_NOTCH_PAN = 48
_REACH = 12
_STEP = 0.01
_LARGE_STEP = 0.1
_SMALLEST_DRAG = 4


class CompareView(CompareDisplay):
    """A display whose divider is dragged, that is moved and zoomed, and on which regions are drawn.

    ``regionChosen(Region)`` brings a region of the given picture that was drawn,
    ``choosingChanged(bool)`` whether one is being drawn.
    """

    regionChosen = Signal(object)
    choosingChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.choosing = False
        self._dragging_split = False
        self._panning: QPointF | None = None
        self._corner: QPointF | None = None
        self._pointer = QPointF()

    def set_layers(self, layers: Layers | None) -> None:
        super().set_layers(layers)
        self.choose_region(False)

    def choose_region(self, choosing: bool) -> None:
        """Let the pointer draw a region, or no longer."""
        choosing = choosing and self.layers is not None
        self._corner = None
        if choosing != self.choosing:
            self.choosing = choosing
            self.choosingChanged.emit(choosing)
        self._show_cursor()
        self.update()

    @property
    def said(self) -> str:
        if self.choosing:
            return self.tr("Drag over the part to preview; Esc ends it.")
        return super().said

    def draw_over(self, painter: QPainter) -> None:
        """The region that is being drawn."""
        if self._corner is not None:
            marks.draw_region(painter, QRectF(self._corner, self._pointer).normalized())

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
        position = self._in_pane(event.position())
        left = event.button() is Qt.MouseButton.LeftButton
        self._pointer = position
        if self.layers is None:
            return
        if left and self.choosing:
            self._corner = position
        elif left and self._on_divider(position):
            self._dragging_split = True
        elif left or event.button() is Qt.MouseButton.MiddleButton:
            self._panning = event.position()
        self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = self._in_pane(event.position())
        if self._dragging_split:
            page = self._view.page_rect()
            self.set_split((position.x() - page.left()) / page.width())
        elif self._panning is not None:
            self._view.pan(event.position() - self._panning)
            self._panning = event.position()
            self._view_changed()
        elif self._corner is not None:
            self.update()
        self._pointer = position
        self._show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        corner = self._corner
        self._dragging_split, self._panning = False, None
        if corner is not None:
            self._finish_region(corner, self._in_pane(event.position()))
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.layers is None or self.choosing:
            return
        position = self._in_pane(event.position())
        if self._on_divider(position):
            self.set_split(0.5)
        elif self._view.fitted:
            self._view.zoom_about(position, 1 / self.devicePixelRatioF())
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
            position = self._in_pane(event.position())
            self._view.zoom_about(position, self._view.zoom * ZOOM_PER_NOTCH**notches)
        event.accept()
        self._view_changed()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                position = self._in_pane(event.position())
                self._view.zoom_about(position, self._view.zoom * (1 + event.value()))
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

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hold_before(False)
        super().focusOutEvent(event)

    def _hold_before(self, hold: bool) -> None:
        """While Space is down the picture as it was is seen, whatever the mode."""
        if hold != self._holding_before:
            self._holding_before = hold
            self._view_changed()
