"""What the canvas draws around and over the picture: checkerboard, brush, sketches, a message."""

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPalette, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from studio.ui.canvas.view import View
from studio.ui.tools import Sketch

_SQUARE = 8
_SMALLEST_CIRCLE = 5.0


@cache
def _squares() -> QBrush:
    tile = QPixmap(2 * _SQUARE, 2 * _SQUARE)
    tile.fill(QColor("#8b8d92"))
    painter = QPainter(tile)
    for x, y in ((0, 0), (_SQUARE, _SQUARE)):
        painter.fillRect(x, y, _SQUARE, _SQUARE, QColor("#7b7d82"))
    painter.end()
    return QBrush(tile)


def draw_checkerboard(painter: QPainter, page: QRectF) -> None:
    """Grey squares where nothing is painted; they stay the same size at every zoom."""
    painter.save()
    painter.setBrushOrigin(page.topLeft())
    painter.fillRect(page, _squares())
    painter.restore()


def draw_brush(painter: QPainter, place: QPointF, diameter: float) -> None:
    """The brush's outline at its true size, dark and light so that it shows on everything."""
    radius = diameter / 2
    if diameter < _SMALLEST_CIRCLE:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 150), 2.5))
    painter.drawEllipse(place, radius, radius)
    painter.setPen(QPen(QColor(255, 255, 255, 230), 1.2))
    painter.drawEllipse(place, radius, radius)


def draw_sketch(painter: QPainter, sketch: Sketch, view: View, index: int, ink: QColor) -> None:
    """A line or polygon that is not finished, in the colour that it will have."""
    points = [view.to_widget(x, y, index) for x, y in sketch.points]
    colour = QColor(ink)
    if sketch.width:
        pen = QPen(colour, max(1.0, sketch.width * view.zoom))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(points)
        return
    colour.setAlpha(150)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF(points), Qt.FillRule.OddEvenFill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shade, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255, 230), 1.2)):
        painter.setPen(QPen(shade, width))
        painter.drawPolyline(points)
    painter.setPen(QPen(QColor(0, 0, 0, 180), 1))
    painter.setBrush(QColor("white"))
    for point in points:
        painter.drawEllipse(point, 3.5, 3.5)


def draw_message(painter: QPainter, page: QRectF, text: str, widget: QWidget) -> None:
    """A sentence in the middle of an empty page, on a quiet plate."""
    palette = widget.palette()
    flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
    room = QRectF(0, 0, min(page.width() - 24, 420), 400)
    room.moveCenter(page.center())
    words = painter.boundingRect(room, flags, text)
    plate = words.adjusted(-20, -14, 20, 14)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = palette.color(QPalette.ColorRole.Window)
    ground.setAlpha(235)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(plate, 8, 8)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    painter.drawText(words, flags, text)  # the plate is wider and would wrap otherwise
    painter.restore()
