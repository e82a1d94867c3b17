"""Monochrome SVG icons in the colour of the text around them."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.contract.places import RESOURCES

_SIZES = (16, 20, 24, 32, 40, 64)


def icon(name: str, colour: QColor) -> QIcon:
    """The icon ``resources/icons/NAME.svg`` with currentColor replaced."""
    return _made(name, colour.name())


@lru_cache(maxsize=512)
def _made(name: str, colour: str) -> QIcon:
    text = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
    made = QIcon()
    for size in _SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        made.addPixmap(pixmap)
    return made
