"""A place for one picture: shows it, takes what is dropped, asks for a file when it is clicked."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from studio.ui.icon_button import IconButton
from studio.ui.images import to_image

_BUTTON_PX = 28
_WELL_PX = 112
_EMPTY_PX = 72


class PictureWell(QFrame):
    """Shows a picture, or ``empty``, how one comes here. ``clicked()`` asks for a file,
    ``dropped(Path or QImage)`` carries a drop.
    """

    clicked = Signal()
    dropped = Signal(object)

    def __init__(self, name: str, hint: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = empty
        self.setAcceptDrops(True)
        self.setFixedHeight(_EMPTY_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)
        self.setToolTip(hint)
        self._pixmap = QPixmap()

    def show_picture(self, pixels: np.ndarray | None) -> None:
        """Show uint8 [h, w, 3] or [h, w], or nothing."""
        self._pixmap = QPixmap()
        self.setFixedHeight(_EMPTY_PX if pixels is None else _WELL_PX)
        if pixels is not None:
            if pixels.ndim == 2:
                pixels = np.repeat(pixels[..., None], 3, axis=2)
            size = QSize(2 * _WELL_PX * 3, 2 * _WELL_PX)
            image = to_image(pixels).scaled(
                size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._pixmap = QPixmap.fromImage(image)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        palette = self.palette()
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(frame, 6, 6)
        painter.fillPath(shape, palette.base())
        if not self._pixmap.isNull():
            painter.setClipPath(shape)
            size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(frame.center())
            painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))
            painter.setClipping(False)
        else:
            painter.setPen(palette.placeholderText().color())
            painter.drawText(
                self.rect().adjusted(12, 8, -12, -8),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                self._empty,
            )
        edge = palette.accent() if self.hasFocus() or self.underMouse() else palette.mid()
        style = Qt.PenStyle.DashLine if self._pixmap.isNull() else Qt.PenStyle.SolidLine
        painter.setPen(QPen(edge.color(), 1, style))
        painter.drawPath(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.clicked.emit()

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self.update()

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if data.hasImage() or data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(_kept(event.mimeData()))


def well_head(title: str, well: PictureWell, *buttons: IconButton) -> QHBoxLayout:
    """The title above a well, with what can be done about its picture on the right."""
    label = QLabel(title)
    label.setProperty("role", "label")
    label.setBuddy(well)
    head = QHBoxLayout()
    head.setSpacing(2)
    head.addWidget(label)
    head.addStretch(1)
    for button in buttons:
        button.setFixedSize(_BUTTON_PX, _BUTTON_PX)
        head.addWidget(button)
    return head


def _kept(data: QMimeData) -> object:
    """A path or an image out of a drop, whose own data do not outlive it."""
    for url in data.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    return data.imageData() if data.hasImage() else None
