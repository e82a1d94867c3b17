"""What is drawn over the comparison: the divider, its handle, labels, the outline of a region."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from studio.ui.theme import CAPTION_PX

_RADIUS = 14.0
_DARK = QColor(0, 0, 0, 120)
_LIGHT = QColor(255, 255, 255, 235)
_MARGIN = 8
_WRAPPED = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


def draw_divider(painter: QPainter, widget: QWidget, page: QRectF, x: float) -> None:
    """The line between before and after, and the handle in the middle of what is seen of it."""
    seen = page & QRectF(widget.rect())
    top, bottom = QPointF(x, seen.top()), QPointF(x, seen.bottom())
    for ink, width in ((_DARK, 3.0), (_LIGHT, 1.5)):
        painter.setPen(QPen(ink, width))
        painter.drawLine(top, bottom)
    middle = QPointF(x, seen.center().y())
    painter.setPen(QPen(_DARK, 3.0))
    painter.setBrush(_LIGHT)
    painter.drawEllipse(middle, _RADIUS, _RADIUS)
    if widget.hasFocus():
        painter.setPen(QPen(widget.palette().color(QPalette.ColorRole.Accent), 2.5))
        painter.drawEllipse(middle, _RADIUS, _RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(30, 32, 36))
    for way in (-1, 1):
        tip = middle + QPointF(8.5 * way, 0)
        painter.drawPolygon(
            QPolygonF([tip, tip + QPointF(-4.5 * way, -4.5), tip + QPointF(-4.5 * way, 4.5)])
        )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_region(painter: QPainter, place: QRectF) -> None:
    """The outline of a region, dark and light so that it shows on everything."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((_DARK, 3.0), (_LIGHT, 1.2)):
        painter.setPen(QPen(ink, width))
        painter.drawRect(place)


def draw_label(painter: QPainter, widget: QWidget, room: QRectF, text: str, *, right: bool) -> None:
    """A word on a quiet plate in an upper corner of ``room``; nothing where it does not fit."""
    metrics = _small_font(painter)
    width, height = metrics.horizontalAdvance(text) + 14, metrics.height() + 6
    if room.width() < width + 2 * _MARGIN or room.height() < height + 2 * _MARGIN:
        return
    left = room.right() - _MARGIN - width if right else room.left() + _MARGIN
    _draw_plate(painter, widget, QRectF(left, room.top() + _MARGIN, width, height), text)


def draw_note(painter: QPainter, widget: QWidget, text: str) -> None:
    """Sentences on a quiet plate at the lower edge."""
    metrics = _small_font(painter)
    room = QRectF(widget.rect()).adjusted(2 * _MARGIN, 0, -2 * _MARGIN, 0)
    needed = metrics.boundingRect(room.toRect(), _WRAPPED, text)
    plate = QRectF(0, 0, needed.width() + 14, needed.height() + 6)
    plate.moveCenter(room.center())
    plate.moveBottom(widget.height() - _MARGIN)
    _draw_plate(painter, widget, plate, text)


def _small_font(painter: QPainter) -> QFontMetrics:
    font = painter.font()
    font.setPixelSize(CAPTION_PX)
    painter.setFont(font)
    return painter.fontMetrics()


def _draw_plate(painter: QPainter, widget: QWidget, plate: QRectF, text: str) -> None:
    ground = widget.palette().color(QPalette.ColorRole.Window)
    ground.setAlpha(215)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(plate, 5, 5)
    painter.setPen(widget.palette().color(QPalette.ColorRole.WindowText))
    painter.drawText(plate.adjusted(4, 0, -4, 0), _WRAPPED, text)
