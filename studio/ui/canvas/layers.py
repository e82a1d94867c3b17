"""What the canvas shows, kept as images that can be drawn at once."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from studio.document.mask import REPAINT
from studio.document.palette import COLOURS
from studio.document.region import Region

_LARGEST_COPY = 16 * 2**20
_OPAQUE = np.uint32(0xFF000000)


def _packed_colours() -> np.ndarray:
    """uint32 [256]: every label as a pixel of Format_ARGB32_Premultiplied, unlabelled clear."""
    channels = COLOURS.astype(np.uint32)
    packed = _OPAQUE | channels[:, 0] << 16 | channels[:, 1] << 8 | channels[:, 2]
    packed[255] = 0
    return packed


_PACKED = _packed_colours()


MASK_RED = QColor(255, 59, 70)


def _mask_colours() -> np.ndarray:
    """uint32 [256]: what is repainted as a clear red, which shows on every picture."""
    packed = np.zeros(256, np.uint32)
    packed[REPAINT] = MASK_RED.rgb()
    return packed


MASK_COLOURS = _mask_colours()


class MapLayer:
    """A label map as a persistent image; a stroke writes only the pixels of its region.

    ``colours``: uint32 [256], what each label looks like in Format_ARGB32_Premultiplied.
    """

    def __init__(self, labels: np.ndarray, colours: np.ndarray = _PACKED) -> None:
        height, width = labels.shape
        self._colours = colours
        self._pixels = colours[labels]
        self.image = QImage(
            self._pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )

    def refresh(self, labels: np.ndarray, region: Region) -> None:
        """Take over the labels of a region from a map of the same size."""
        self._pixels[region.slices] = self._colours[labels[region.slices]]

    def draw(self, painter: QPainter, page: QRectF, opacity: float) -> None:
        """Draw the map into ``page``: hard-edged above 100 %, smooth below."""
        painter.save()
        painter.setOpacity(painter.opacity() * opacity)
        smooth = page.width() * painter.device().devicePixelRatioF() < self.image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(page, self.image, QRectF(self.image.rect()))
        painter.restore()


class Picture:
    """An sRGB picture uint8 [h, w, 3]; remembers itself at the size it was last drawn smoothly."""

    def __init__(self, pixels: np.ndarray) -> None:
        pixels = np.ascontiguousarray(pixels)
        height, width = pixels.shape[:2]
        view = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.image = view.convertToFormat(QImage.Format.Format_RGB32)
        self._copy: QPixmap | None = None

    def draw(self, painter: QPainter, page: QRectF, *, exact: bool) -> None:
        """Draw the picture into ``page`` without stretching it; ``exact`` shows whole pixels."""
        place = _fitting(self.image.size(), page)
        ratio = painter.device().devicePixelRatioF()
        enlarged = place.width() * ratio > self.image.width()
        wanted = QSize(round(place.width() * ratio), round(place.height() * ratio))
        if (exact and enlarged) or wanted.width() * wanted.height() > _LARGEST_COPY:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not exact)
            painter.drawImage(place, self.image, QRectF(self.image.rect()))
            return
        if self._copy is None or self._copy.size() != wanted:
            scaled = self.image.scaled(
                wanted,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._copy = QPixmap.fromImage(scaled)
        painter.drawPixmap(place, self._copy, QRectF(self._copy.rect()))


def _fitting(size: QSize, page: QRectF) -> QRectF:
    """The largest rectangle of the picture's proportions in the middle of the page."""
    if abs(size.width() * page.height() / (size.height() * page.width()) - 1) < 0.01:
        return page
    scaled = size.toSizeF().scaled(page.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(page.topLeft(), scaled)
    place.moveCenter(page.center())
    return place
