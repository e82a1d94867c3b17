"""A picture that is drawn at any zoom and grows tile by tile."""

import numpy as np
from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QPainter

from studio.contract.geometry import Size
from studio.pictures.colours import greys_in_srgb

_LARGEST_COPY = 16 * 2**20
_SMALLEST_LEVEL = 1024
_FORMATS = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}


def image_of(pixels: np.ndarray, icc: bytes | None = None) -> QImage:
    """A QImage in sRGB of its own from uint8 [H, W, 3 or 4], alpha straight.

    ``icc``: the profile of the pixels, of RGB or of grey (whose three channels are equal); None,
    or any other, is taken for sRGB.
    """
    if icc and (greys := greys_in_srgb(icc)) is not None:
        pixels = np.concatenate([greys[pixels[..., 0]], pixels[..., 3:]], axis=2)
    pixels = np.ascontiguousarray(pixels)
    height, width, channels = pixels.shape
    view = QImage(pixels.data, width, height, channels * width, _FORMATS[channels])
    image = view.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    space = QColorSpace.fromIccProfile(QByteArray(icc)) if icc else QColorSpace()
    if space.isValid() and space.colorModel() is QColorSpace.ColorModel.Rgb:
        image.setColorSpace(space)
        image.convertToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    return image


class Sheet:
    """An image with smaller ones, each half as large, and a copy at the size it was last drawn at.

    The smaller ones make zooming quick, the copy moving the divider. May be made in any thread.
    """

    def __init__(self, image: QImage) -> None:
        self._levels = [image]
        while min(_half(self._levels[-1])) > 0 and max(_sides(self._levels[-1])) > _SMALLEST_LEVEL:
            self._levels.append(_scaled(self._levels[-1], QSize(*_half(self._levels[-1]))))
        self._copy: QImage | None = None

    @classmethod
    def blank(cls, size: Size) -> "Sheet":
        """A sheet to paste tiles on."""
        image = QImage(size.width, size.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        return cls(image)

    @property
    def image(self) -> QImage:
        """The largest one."""
        return self._levels[0]

    def paste(self, tile: QImage, place: QRectF, page: Size) -> None:
        """Put a tile at its ``place`` on a page of ``page`` pixels, also in the copy in use."""
        for kept in (*self._levels, self._copy):
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
            self._copy = _scaled(self._level_for(wanted), wanted)
        painter.drawImage(page, self._copy, QRectF(self._copy.rect()))

    def _level_for(self, wanted: QSize) -> QImage:
        """The smallest level that is not smaller than ``wanted``."""
        fitting = (level for level in reversed(self._levels) if level.width() >= wanted.width())
        return next(fitting, self.image)


def _sides(image: QImage) -> tuple[int, int]:
    return image.width(), image.height()


def _half(image: QImage) -> tuple[int, int]:
    return image.width() // 2, image.height() // 2


def _scaled(image: QImage, size: QSize) -> QImage:
    return image.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def _stretched(place: QRectF, across: float, down: float) -> QRectF:
    return QRectF(
        place.left() * across, place.top() * down, place.width() * across, place.height() * down
    )


def _put(on: QImage, place: QRectF, tile: QImage) -> None:
    painter = QPainter(on)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, tile, QRectF(tile.rect()))
    painter.end()
