"""The widget in the middle of the window: a display that is painted on."""

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from studio.contract.materials import LABEL_BY_ID
from studio.document.brushes import BRUSH_BY_KEY
from studio.document.document import Document
from studio.document.formats import SUFFIXES
from studio.ui.canvas import overlay
from studio.ui.canvas.display import WHILE_PAINTING, ZOOM_PER_NOTCH, Display
from studio.ui.canvas.layers import MASK_RED
from studio.ui.mask_hand import MASK_TOOLS, MaskHand
from studio.ui.paint_state import PaintState
from studio.ui.tools import NOTHING, TOOLS, Tool, Touch

_NOTCH = 120
_NOTCH_PAN = 48
_TYPED_INTO = (QAbstractSpinBox, QLineEdit, QPlainTextEdit)


class Canvas(Display):
    """Paints its document with the state's current tool.

    Signals: ``strokeFinished`` after every edit the pointer made; ``labelPicked(label)`` when the
    picker took a material; ``pictureDropped(path)`` for a picture file dropped on the canvas.
    """

    strokeFinished = Signal()
    labelPicked = Signal(int)
    pictureDropped = Signal(str)

    def __init__(
        self, document: Document, state: PaintState | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(document, state, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setAcceptDrops(True)
        self._pointer: QPointF | None = None
        self._panning: QPointF | None = None
        self._space = False
        self._pressed = False
        self._pen_erases = False
        self._tools = self._made_tools()
        self._mask_tools = self._made_mask_tools()
        self.state.tool_changed.connect(self._tool_changed)
        self.state.brush_size_changed.connect(self.update)
        self.state.material_changed.connect(self.update)
        self._show_cursor()

    def setDocument(self, document: Document) -> None:
        """Show and paint another document."""
        super().setDocument(document)
        self._tools = self._made_tools()
        self._mask_tools = self._made_mask_tools()

    def setTool(self, key: str) -> None:
        """Take a tool of BRUSHES."""
        self.state.set_tool(key)

    def setMaterial(self, label: int) -> None:
        """Paint with a material."""
        self.state.set_material(label)

    def setBrushSize(self, size: int) -> None:
        """Diameter of the brush in map pixels."""
        self.state.set_brush_size(size)

    def cancelTool(self) -> bool:
        """Give up a line, polygon or stroke in progress; True if there was one."""
        self._pressed = False
        cancelled = self._tool.cancel()
        self.update()
        return cancelled

    def setMasking(self, masking: bool) -> None:
        """Paint the mask of the source picture, where there is one, instead of the map."""
        self.cancelTool()
        super().setMasking(masking)

    def _made_tools(self) -> dict[str, Tool]:
        return {key: tool(self._document, self.state) for key, tool in TOOLS.items()}

    def _made_mask_tools(self) -> dict[str, Tool]:
        hand = MaskHand(self.state)
        return {key: TOOLS[key](self._document.mask, hand) for key in MASK_TOOLS}

    @property
    def _tool_key(self) -> str:
        key = "eraser" if self._pen_erases else self.state.tool
        return key if not self.masking or key in MASK_TOOLS else MASK_TOOLS[0]

    @property
    def _tool(self) -> Tool:
        return (self._mask_tools if self.masking else self._tools)[self._tool_key]

    @property
    def _colour(self) -> QColor:
        """What the tool in the hand paints, as the layer shows it."""
        return MASK_RED if self.masking else QColor(*LABEL_BY_ID[self.state.material].gaugan)

    # What lies over the pictures

    def draw_over(self, painter: QPainter) -> None:
        """The line or polygon in work, and the brush's outline."""
        sketch = self._tool.sketch()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(self._view.pages):
            if sketch is not NOTHING:
                overlay.draw_sketch(painter, sketch, self._view, index, self._colour)
            if self._shows_outline() and self._pointer is not None:
                at = self._view.to_page(self._pointer)
                place = self._view.to_widget(at.x(), at.y(), index)
                overlay.draw_brush(painter, place, self.state.brush_size * self._view.zoom)

    def _shows_outline(self) -> bool:
        hand = self._space or self._panning is not None
        return not hand and BRUSH_BY_KEY[self._tool_key].sized

    def _outline_rect(self, pointer: QPointF | None) -> QRect:
        if pointer is None or not self._shows_outline():
            return QRect()
        reach = int(self.state.brush_size * self._view.zoom / 2) + 8
        rect = QRect(-reach, -reach, 2 * reach, 2 * reach).translated(pointer.toPoint())
        if self._view.pages == 2:
            return self.rect()
        return rect

    def _show_cursor(self) -> None:
        if self._panning is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    # The pointer

    def _touch(
        self, position: QPointF, event: QMouseEvent | QTabletEvent, pressure: float = 1.0
    ) -> Touch:
        at = self._view.to_page(position)
        return Touch(
            x=at.x(),
            y=at.y(),
            pressure=pressure,
            grain=1 / self._view.zoom,
            straight=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier),
        )

    def _press(self, touch: Touch) -> None:
        self._pressed = True
        covers = 1.0 if self.masking else WHILE_PAINTING
        if self._tool_key != "picker" and self.state.map_opacity < covers:
            self.state.set_map_opacity(covers)
        before = self.state.material
        self._tool.press(touch)
        self._picked(before)
        self.update()

    def _move(self, touch: Touch) -> None:
        before = self.state.material
        if self._pressed:
            self._tool.move(touch)
        else:
            self._tool.hover(touch)
        self._picked(before)
        if self._tool.sketch() is not NOTHING:
            self.update()

    def _release(self, touch: Touch) -> None:
        if self._pressed:
            self._pressed = False
            self._tool.release(touch)
            self.update()
            if self._tool_key != "picker":
                self.strokeFinished.emit()

    def _picked(self, before: int) -> None:
        if self._tool_key == "picker" and self.state.material != before:
            self.labelPicked.emit(self.state.material)

    def _point(self, position: QPointF | None) -> None:
        """The pointer is elsewhere now: move the brush's outline."""
        self.update(self._outline_rect(self._pointer))
        self._pointer = position
        self.update(self._outline_rect(position))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        middle = event.button() is Qt.MouseButton.MiddleButton
        if middle or (event.button() is Qt.MouseButton.LeftButton and self._space):
            self._panning = event.position()
            self._show_cursor()
            self.update()
        elif event.button() is Qt.MouseButton.LeftButton:
            self._press(self._touch(event.position(), event))
        elif event.button() is Qt.MouseButton.RightButton:
            self._pick_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            self._view.pan(event.position() - self._panning)
            self._panning = event.position()
            self._view_changed()
        else:
            self._move(self._touch(event.position(), event))
        self._point(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            self._panning = None
            self._show_cursor()
            self.update()
        elif event.button() is Qt.MouseButton.LeftButton:
            self._release(self._touch(event.position(), event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self._space:
            return
        if self._tool.finish():
            self.strokeFinished.emit()
            self.update()
        elif self._tool_key != "polygon":
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Accepted whatever happens, else Qt would send the same again as a mouse event."""
        event.accept()
        position, kind = event.position(), event.type()
        middle = event.buttons() & (Qt.MouseButton.MiddleButton | Qt.MouseButton.RightButton)
        if kind == QEvent.Type.TabletPress and (self._space or middle):
            self._panning = position
        elif kind == QEvent.Type.TabletPress:
            eraser = event.pointerType() is QPointingDevice.PointerType.Eraser
            self._pen_erases = eraser
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._press(self._touch(position, event, event.pressure()))
        elif kind == QEvent.Type.TabletMove and self._panning is not None:
            self._view.pan(position - self._panning)
            self._panning = position
            self._view_changed()
        elif kind == QEvent.Type.TabletMove:
            self._move(self._touch(position, event, event.pressure()))
        elif kind == QEvent.Type.TabletRelease and self._panning is not None:
            self._panning = None
        elif kind == QEvent.Type.TabletRelease:
            self._release(self._touch(position, event, event.pressure()))
            self._pen_erases = False
        self._show_cursor()
        self._point(position)

    def _pick_at(self, position: QPointF) -> None:
        """The right button picks, whatever tool is in the hand; a mask has nothing to pick."""
        if self.masking:
            return
        at = self._view.to_page(position)
        before = self.state.material
        self._tools["picker"].press(Touch(x=at.x(), y=at.y()))
        if self.state.material != before:
            self.labelPicked.emit(self.state.material)

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
            zoom = self._view.zoom * ZOOM_PER_NOTCH**notches
            self._view.zoom_about(event.position(), zoom)
        event.accept()
        self._view_changed()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                self._view.zoom_about(event.position(), self._view.zoom * (1 + event.value()))
                self._view_changed()
            return True
        return super().event(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The keys follow the pointer, unless the person is typing."""
        if not isinstance(QApplication.focusWidget(), _TYPED_INTO):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        match event.key():
            case Qt.Key.Key_Space if not event.isAutoRepeat():
                self._space = True
                self._show_cursor()
                self.update()
            case Qt.Key.Key_Space:
                pass
            case Qt.Key.Key_0 if control:
                self.fit()
            case Qt.Key.Key_1 if control:
                self.zoomTo(100)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if not control and self._tool.finish():
                self.strokeFinished.emit()
                self.update()
            case Qt.Key.Key_Backspace if self._tool.step_back():
                self.update()
            case Qt.Key.Key_Escape if self.cancelTool():
                pass
            case _:
                super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
            self.update()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self._show_cursor()
        self.update()
        super().focusOutEvent(event)

    def _tool_changed(self, _key: str) -> None:
        for tool in (*self._tools.values(), *self._mask_tools.values()):
            tool.cancel()
        self._pressed = False
        self._show_cursor()
        self.update()

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_picture(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_picture(event)
        if path:
            event.acceptProposedAction()
            self.pictureDropped.emit(path)


def _dropped_picture(event: QDropEvent) -> str:
    """The first local picture file of a drop, empty if there is none."""
    for url in event.mimeData().urls():
        path = url.toLocalFile()
        if path.lower().endswith(SUFFIXES):
            return path
    return ""
