"""Controls that leave the wheel to the panel they lie in.

Who turns the wheel over a panel that scrolls wants to scroll: the setting that happens to come
under the pointer must not change. Once a control has the focus, or where nothing scrolls, the wheel
is the control's.
"""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QScrollArea, QSlider, QSpinBox, QWidget


class _Yielding:
    """Stands before a Qt class among a control's bases."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        assert isinstance(self, QWidget)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel brings no focus

    def wheelEvent(self, event: QWheelEvent) -> None:
        assert isinstance(self, QWidget)
        if scrolls_instead(self):
            event.ignore()
        else:
            super().wheelEvent(event)  # type: ignore[misc]


class ComboBox(_Yielding, QComboBox):
    """A list to choose from."""


class SpinBox(_Yielding, QSpinBox):
    """A whole number."""


class DoubleSpinBox(_Yielding, QDoubleSpinBox):
    """A number."""


class Slider(_Yielding, QSlider):
    """A number by its handle."""


def scrolls_instead(control: QWidget) -> bool:
    """Whether a turn of the wheel over ``control`` is for the panel around it."""
    if control.hasFocus():
        return False
    around: QWidget | None = control
    while around is not None and not around.isWindow():
        around = around.parentWidget()
        if isinstance(around, QScrollArea) and around.verticalScrollBar().maximum() > 0:
            return True
    return False
