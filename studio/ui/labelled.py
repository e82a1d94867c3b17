"""A label above its field."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


def labelled(title: str, field: QWidget, *, buddy: QWidget | None = None) -> QVBoxLayout:
    """``field`` under its title, four pixels apart; the title's mnemonic goes to ``buddy``."""
    label = QLabel(title)
    label.setProperty("role", "label")
    label.setBuddy(buddy or field)
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(label)
    column.addWidget(field)
    return column


def caption(text: str = "") -> QLabel:
    """A quiet, small, wrapping line of text."""
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setWordWrap(True)
    return label
