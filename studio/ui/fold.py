"""A heading that folds what is under it and says in one line what is set there."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.icon_button import IconButton
from studio.ui.panel_scroll import panel_around


class _Summary(QLabel):
    """A line at the right that is shortened where it does not fit, not cut off at its beginning."""

    def paintEvent(self, event: QPaintEvent) -> None:
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter = QPainter(self)
        self.style().drawItemText(
            painter, self.rect(), int(flags), self.palette(), self.isEnabled(), shown,
            self.foregroundRole(),
        )  # fmt: skip


class Fold(QWidget):
    """``body`` is shown while open; ``summary`` while folded. ``toggled(open)`` follows a press."""

    toggled = Signal(bool)

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = body
        self.button = IconButton("chevron-right", title, size=14)
        self.button.setText(" " + title)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setCheckable(True)
        self.button.setProperty("role", "fold")
        self.button.toggled.connect(self._toggled)
        self._summary = _Summary()
        self._summary.setProperty("role", "caption")
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy = self._summary.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._summary.setSizePolicy(policy)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.button)
        head.addWidget(self._summary, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(body)
        body.hide()
        self._summary.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def summary(self) -> str:
        """What is said while it is folded."""
        return self._summary.text()

    def set_summary(self, text: str) -> None:
        self._summary.setText(text)
        self._summary.setToolTip(text)

    def set_open(self, is_open: bool) -> None:
        self.button.setChecked(is_open)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The whole line folds, not its first word alone."""
        event.setAccepted(self._on_line(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._on_line(event))
        if event.isAccepted():
            self.button.toggle()

    def _on_line(self, event: QMouseEvent) -> bool:
        return event.position().y() <= self.button.geometry().bottom()

    def _toggled(self, is_open: bool) -> None:
        self._body.setVisible(is_open)
        self._summary.setVisible(not is_open)
        self.button.show_icon("chevron-down" if is_open else "chevron-right")
        panel = panel_around(self)
        if is_open and panel is not None and self.isVisible():
            panel.reveal(self)
        self.toggled.emit(is_open)
