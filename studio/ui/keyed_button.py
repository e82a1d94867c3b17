"""The large button of a panel, with its shortcut written at the edge."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

_MARGIN = 14
_APART = 6


class KeyedButton(QPushButton):
    """A button with its shortcut written quietly at the right edge, where there is room for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = ""

    def dress(self, role: str, text: str, tip: str, keys: str = "") -> None:
        """Show what a press does now; ``role`` is "primary" or "cancel"."""
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(tip)
        self.keys = keys
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        palette = self.palette()
        group = palette.ColorGroup.Normal if self.isEnabled() else palette.ColorGroup.Disabled
        painter.setPen(palette.color(group, palette.ColorRole.ButtonText))
        beside = (self.width() - painter.fontMetrics().horizontalAdvance(self.text())) // 2
        font = painter.font()
        font.setPixelSize(11)
        font.setBold(False)
        painter.setFont(font)
        if beside < painter.fontMetrics().horizontalAdvance(self.keys) + _MARGIN + _APART:
            return
        area = self.rect().adjusted(0, 0, -_MARGIN, 0)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.keys
        )
