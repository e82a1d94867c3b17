"""A panel that scrolls, and controls that let it: turning the wheel changes nothing by accident."""

from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QScrollArea,
    QSlider,
    QSpinBox,
    QWidget,
)

_STILL_SCROLLING_MS = 600
_ROOM_ABOVE = 8


class PanelScroll(QScrollArea):
    """Scrolls up and down; what slides under the pointer meanwhile does not take the wheel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scrolled: int | None = None
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event)
        self._scrolled = event.timestamp()

    def scrolls_with(self, event: QWheelEvent) -> bool:
        """Whether this turn of the wheel goes on with one that has moved the panel."""
        before = self._scrolled
        return before is not None and event.timestamp() - before < _STILL_SCROLLING_MS

    def reveal(self, widget: QWidget) -> None:
        """Scroll as little as shows all of ``widget``, its upper end if it is too tall; once what
        has just changed in it is laid out.
        """
        QTimer.singleShot(0, widget, lambda: self._reveal(widget))

    def _reveal(self, widget: QWidget) -> None:
        above = self.viewport().mapFromGlobal(widget.mapToGlobal(QPoint(0, 0))).y()
        top = above + self.verticalScrollBar().value() - _ROOM_ABOVE
        lowest = top + widget.height() + 2 * _ROOM_ABOVE - self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setValue(min(max(bar.value(), lowest), top))


def panel_around(widget: QWidget) -> PanelScroll | None:
    """The scrolling panel that a widget stands in."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, PanelScroll):
        parent = parent.parentWidget()
    return parent


class _Yielding:
    """Of a control: takes the wheel unless the panel is being scrolled."""

    def wheelEvent(self: Any, event: QWheelEvent) -> None:
        panel = panel_around(self)
        if panel is not None and panel.scrolls_with(event):
            event.ignore()
        else:
            super().wheelEvent(event)  # type: ignore[misc]


class PanelSlider(_Yielding, QSlider):  # type: ignore[misc]
    """A slider in a panel."""


class PanelNumber(_Yielding, QSpinBox):  # type: ignore[misc]
    """A whole number in a panel."""


class PanelFraction(_Yielding, QDoubleSpinBox):  # type: ignore[misc]
    """A number in a panel."""


class PanelChoice(QComboBox):
    """Leaves the wheel to the panel: another model or sampler is chosen on purpose."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
