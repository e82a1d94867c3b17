"""The picture that a new one begins with, how far to leave it, and which part to repaint."""

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
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.contract.catalog import SOURCE_STRENGTH, Capability
from studio.contract.model_card import ModelCard
from studio.document.document import Change, Document
from studio.ui.binding import bind
from studio.ui.icon_button import IconButton
from studio.ui.images import to_image
from studio.ui.labelled import caption
from studio.ui.number_slider import NumberSlider
from studio.ui.paint_state import PaintState
from studio.ui.panels.mask_tools import MaskTools

_WELL_PX = 112
_EMPTY_PX = 72


class _Well(QFrame):
    """Shows the source, or says how one comes here; a click asks for a file."""

    clicked = Signal()
    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setFixedHeight(_EMPTY_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Source picture"))
        self.setToolTip(self.tr("Drop a picture or one of the history here, or click to choose"))
        self._pixmap = QPixmap()

    def show_picture(self, pixels: np.ndarray | None) -> None:
        """Show uint8 [h, w, 3], or nothing."""
        self._pixmap = QPixmap()
        self.setFixedHeight(_EMPTY_PX if pixels is None else _WELL_PX)
        if pixels is not None:
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
                self.tr("Drop a picture or a history entry,\nor click to choose a file."),
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


class SourceWell(QWidget):
    """``file_wanted()`` asks for a picture file, ``data_given(Path or pixels)`` carries a drop."""

    file_wanted = Signal()
    data_given = Signal(object)

    def __init__(
        self,
        settings: Settings,
        document: Document,
        paint: PaintState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._able: tuple[bool, bool] = (True, True)
        self.well = _Well()
        self.take_result = IconButton("use-picture", self.tr("Start from the picture shown"))
        self.open = IconButton("folder", self.tr("Choose a picture file"))
        self.clear = IconButton("clear", self.tr("Start from noise again, without a source"))
        self.strength = NumberSlider(BY_KEY["strength"])
        self.strength.set_fallback(SOURCE_STRENGTH)
        bind(settings, "strength", self.strength)
        self.mask_tools = MaskTools(document, paint)
        self.needed = caption()
        self._lay_out()
        self.well.clicked.connect(self.file_wanted)
        self.well.dropped.connect(self.data_given)
        self.open.clicked.connect(self.file_wanted)
        self.take_result.clicked.connect(self._take_result)
        self.clear.clicked.connect(lambda: document.set_source(None))
        document.listen(self._changed)
        document.mask.listen(self._mask_changed)
        self.well.show_picture(document.source)
        self._show()

    def show_card(self, card: ModelCard | None) -> None:
        """Show what the model can do with a source."""
        if card is None:
            self._able = (True, True)
        else:
            self._able = (card.can(Capability.SOURCE), card.can(Capability.MASK))
        self._show()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Source picture"))
        title.setProperty("role", "label")
        title.setBuddy(self.well)
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(title)
        head.addStretch(1)
        for button in (self.take_result, self.open, self.clear):
            button.setFixedSize(28, 28)
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.well)
        layout.addWidget(self.needed)
        layout.addWidget(self.strength)
        layout.addWidget(self.mask_tools)

    def _take_result(self) -> None:
        if self._document.picture is not None:
            self._document.set_source(self._document.picture)

    def _changed(self, change: Change) -> None:
        if change.source:
            self.well.show_picture(self._document.source)
        if change.source or change.picture:
            self._show()

    def _mask_changed(self, change: Change) -> None:
        if not self._document.mask.painting:
            self._show_strength()

    def _show(self) -> None:
        there = self._document.source is not None
        changes, repaints = self._able
        self.take_result.setEnabled(self._document.picture is not None)
        self.clear.setEnabled(there)
        self.strength.setVisible(there and changes)
        self.mask_tools.setVisible(there and repaints)
        only_mask = repaints and not changes
        self.needed.setText(
            self.tr("This model repaints a part of a picture: give it one, then paint the mask.")
            if only_mask
            else ""
        )
        self.needed.setVisible(only_mask and not there)
        self._show_strength()

    def _show_strength(self) -> None:
        """What the model takes by itself is another with a mask than without."""
        self.strength.set_fallback(SOURCE_STRENGTH if self._document.mask.is_blank else 1.0)


def _kept(data: QMimeData) -> object:
    """A path or an image out of a drop, whose own data do not outlive it."""
    for url in data.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    return data.imageData() if data.hasImage() else None
