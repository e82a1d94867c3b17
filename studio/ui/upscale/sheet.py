"""A picture that is drawn at any zoom and grows tile by tile."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from studio.contract.geometry import Size

_LARGEST_COPY = 16 * 2**20
_FORMATS = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}


def image_of(pixels: np.ndarray) -> QImage:
    """A QImage of its own from uint8 [H, W, 3 or 4] sRGB, alpha straight."""
    pixels = np.ascontiguousarray(pixels)
    height, width, channels = pixels.shape
    view = QImage(pixels.data, width, height, channels * width, _FORMATS[channels])
    return view.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


class Sheet:
    """Keeps a copy at the size it was last drawn at, so that moving the divider costs little."""

    def __init__(self, image: QImage) -> None:
        self.image = image
        self._copy: QPixmap | None = None

    @classmethod
    def blank(cls, size: Size) -> "Sheet":
        """A sheet to paste tiles on."""
        image = QImage(size.width, size.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        return cls(image)

    def paste(self, tile: QImage, place: QRectF, page: Size) -> None:
        """Put a tile at its ``place`` on a page of ``page`` pixels, also in the copy in use."""
        for kept in (self.image, self._copy):
            if kept is not None:
                across, down = kept.width() / page.width, kept.height() / page.height
                _put(kept, _stretched(place, across, down), tile)

    def draw(self, painter: QPainter, page: QRectF, *, smooth: bool) -> None:
        """Draw the whole into ``page``; above 100 % hard-edged unless ``smooth``."""
        ratio = painter.device().devicePixelRatioF()
        wanted = QSize(round(page.width() * ratio), round(page.height() * ratio))
        enlarged = wanted.width() > self.image.width()
        if enlarged or wanted.width() * wanted.height() > _LARGEST_COPY or wanted.isEmpty():
            hint = QPainter.RenderHint.SmoothPixmapTransform
            painter.setRenderHint(hint, smooth or not enlarged)
            painter.drawImage(page, self.image, QRectF(self.image.rect()))
            return
        if self._copy is None or self._copy.size() != wanted:
            scaled = self.image.scaled(
                wanted,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._copy = QPixmap.fromImage(scaled)
        painter.drawPixmap(page, self._copy, QRectF(self._copy.rect()))


def _stretched(place: QRectF, across: float, down: float) -> QRectF:
    return QRectF(
        place.left() * across, place.top() * down, place.width() * across, place.height() * down
    )


def _put(on: QImage | QPixmap, place: QRectF, tile: QImage) -> None:
    painter = QPainter(on)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, tile, QRectF(tile.rect()))
    painter.end()
