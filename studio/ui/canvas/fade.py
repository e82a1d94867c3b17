"""A picture that changes softly."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QRectF, QVariantAnimation
from PySide6.QtGui import QGuiApplication, QPainter

from studio.ui.canvas.layers import Picture

FADE_MS = 120


def motion_reduced() -> bool:
    """Whether the system asks for reduced motion; False where Qt can't tell."""
    hints = QGuiApplication.styleHints()
    if not hasattr(hints, "accessibility"):
        return False
    preference = getattr(hints.accessibility(), "motionPreference", None)
    return preference is not None and preference().name == "ReducedMotion"


class FadingPicture(QObject):
    """The picture shown in one page; a new one fades in over the last within 120 ms."""

    def __init__(self, changed: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._changed = changed
        self._pixels: np.ndarray | None = None
        self._new: Picture | None = None
        self._old: Picture | None = None
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(FADE_MS)
        self._fade.setStartValue(0.0)
        self._fade.setEndValue(1.0)
        self._fade.valueChanged.connect(self._stepped)
        self._fade.finished.connect(self._finished)

    def __bool__(self) -> bool:
        return self._new is not None

    def show(self, pixels: np.ndarray | None, *, soft: bool) -> None:
        """Show uint8 [h, w, 3] or nothing; ``soft`` fades from what is shown now."""
        if pixels is self._pixels:
            return
        self._old = self._new if soft else None
        self._pixels = pixels
        self._new = None if pixels is None else Picture(pixels)
        self._fade.stop()
        if self._old is not None and self._new is not None:
            self._fade.start()
        else:
            self._old = None
        self._changed()

    def draw(self, painter: QPainter, page: QRectF, *, exact: bool) -> None:
        """Draw what is shown, and what is fading below it."""
        if self._new is None:
            return
        if self._old is None:
            self._new.draw(painter, page, exact=exact)
            return
        painter.save()
        self._old.draw(painter, page, exact=exact)
        painter.setOpacity(float(self._fade.currentValue()))
        self._new.draw(painter, page, exact=exact)
        painter.restore()

    def stop(self) -> None:
        """End a fade at once."""
        self._fade.stop()
        self._finished()

    def _stepped(self, _value: object) -> None:
        self._changed()

    def _finished(self) -> None:
        self._old = None
        self._changed()
