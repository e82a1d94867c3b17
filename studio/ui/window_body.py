"""Where everything in the window stands: rail, panel, middle, side, and the status below."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.ui.history_strip import HEAD_PX
from studio.ui.panel_scroll import PanelScroll

PANEL_PX = 320
SIDE_PX = 256
NARROW_SIDE_PX = 144
_ROOM_FOR_SIDE = 1240


class WindowBody(QWidget):
    """``pages`` and ``start_rows`` are the panels and what is below them, ``stages`` what the
    middle can show; one of each is seen. ``canvas_column`` is the middle.
    """

    def __init__(
        self,
        *,
        rail: QWidget,
        pages: Sequence[QWidget],
        start_rows: Sequence[QWidget],
        stages: Sequence[QWidget],
        side: QWidget,
        status: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pages, self._start_rows, self._stages = map(_stacked, (pages, start_rows, stages))
        policy = QSizePolicy.Policy
        self._start_rows.setSizePolicy(policy.Preferred, policy.Fixed)
        panel_column = QFrame()
        panel_column.setObjectName("panelColumn")
        panel_column.setFixedWidth(PANEL_PX)
        fill_column(panel_column, (self._pages, 1), (self._start_rows, 0), margins=(0, 0, 1, 0))
        self.canvas_column = QFrame()
        self.canvas_column.setObjectName("canvasColumn")
        fill_column(self.canvas_column, (self._stages, 1))
        self._side = QFrame()
        self._side.setObjectName("side")
        fill_column(self._side, (side, 1), margins=(1, 0, 0, 0))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(rail)
        middle.addWidget(panel_column)
        middle.addWidget(self.canvas_column, 1)
        middle.addWidget(self._side)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(status)

    def show_panel(self, page: int, start_row: int | None, stage: int) -> None:
        """Show these by their numbers; None hides the row below the panel."""
        self._pages.setCurrentIndex(page)
        if start_row is not None:
            self._start_rows.setCurrentIndex(start_row)
        self._start_rows.setVisible(start_row is not None)
        self._stages.setCurrentIndex(stage)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the picture needs the room more than the history."""
        super().resizeEvent(event)
        wide = event.size().width() >= _ROOM_FOR_SIDE
        self._side.setFixedWidth(SIDE_PX if wide else NARROW_SIDE_PX)


def page(title: str, panel: QWidget, foot: QWidget | None = None) -> QWidget:
    """A panel under its title, scrolling if it is taller than the window; ``foot`` stays."""
    head = QLabel(title)
    head.setProperty("role", "title")
    head.setContentsMargins(16, 0, 16, 0)
    head.setFixedHeight(HEAD_PX)
    inner = QWidget()
    inner.setFixedWidth(PANEL_PX - 1)  # nothing moves when the scroll bar comes
    inside = QVBoxLayout(inner)
    inside.setContentsMargins(16, 0, 16, 8)
    inside.addWidget(panel)
    scroll = PanelScroll()
    scroll.setWidget(inner)
    made = QWidget()
    fill_column(made, (head, 0), (scroll, 1), *(((foot, 0),) if foot else ()))
    return made


def fill_column(
    owner: QWidget, *rows: tuple[QWidget, int], margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> None:
    """Put widgets with their stretches below each other into ``owner``."""
    layout = QVBoxLayout(owner)
    layout.setContentsMargins(*margins)
    layout.setSpacing(0)
    for widget, stretch in rows:
        layout.addWidget(widget, stretch)


def _stacked(widgets: Sequence[QWidget]) -> QStackedWidget:
    stack = QStackedWidget()
    for widget in widgets:
        stack.addWidget(widget)
    return stack
