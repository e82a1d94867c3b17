"""Between arrays of pixels and Qt's images."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter


def to_image(pixels: np.ndarray) -> QImage:
    """A QImage of its own from uint8 [H, W, 3] sRGB."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    view = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.copy()


def to_pixels_with_alpha(image: QImage) -> np.ndarray:
    """uint8 [H, W, 4] with straight alpha from any QImage, [H, W, 3] where it can't be clear."""
    if not image.hasAlphaChannel():
        return to_pixels(image)
    clear = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(clear.constBits(), dtype=np.uint8)
    return rows.reshape(clear.height(), clear.width(), 4).copy()


def to_pixels(image: QImage) -> np.ndarray:
    """uint8 [H, W, 3] from any QImage; what is transparent becomes white."""
    flat = QImage(image.size(), QImage.Format.Format_RGB888)
    flat.fill(Qt.GlobalColor.white)
    painter = QPainter(flat)
    painter.drawImage(0, 0, image)
    painter.end()
    rows = np.frombuffer(flat.constBits(), dtype=np.uint8).reshape(
        flat.height(), flat.bytesPerLine()
    )
    return rows[:, : 3 * flat.width()].reshape(flat.height(), flat.width(), 3).copy()
