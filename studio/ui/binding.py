"""Ties a control to a setting, both ways, in one line."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QSpinBox, QWidget

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.ui.number_slider import NumberSlider
from studio.ui.segments import Segments


def bind(settings: Settings, key: str, widget: QWidget) -> None:
    """Show the setting ``key`` in ``widget`` and write back what the person enters."""
    row = BY_KEY[key]
    if row.title and not widget.accessibleName():
        widget.setAccessibleName(row.shown_title)
    if row.help and not widget.toolTip():
        widget.setToolTip(row.shown_help)
    show = _connect(widget, lambda value: settings.set(key, value))
    settings.watch(key, widget, show)


def _connect(widget: QWidget, store: Callable[[Any], None]) -> Callable[[Any], None]:
    """Connect the widget's signal to ``store`` and return how to show a value in it."""
    match widget:
        case NumberSlider() | Segments():
            widget.changed.connect(store)
            return widget.set_value
        case QLineEdit():
            widget.textEdited.connect(store)
            return lambda value: _show_line(widget, value)
        case QPlainTextEdit():
            widget.textChanged.connect(lambda: store(widget.toPlainText()))
            return lambda value: _show_text(widget, value)
        case QCheckBox():
            widget.toggled.connect(store)
            return widget.setChecked
        case QSpinBox():
            widget.valueChanged.connect(store)
            return lambda value: _show_number(widget, value)
        case QComboBox():
            widget.activated.connect(lambda: store(widget.currentData()))
            return lambda value: widget.setCurrentIndex(widget.findData(value))
    raise TypeError(f"no binding for {type(widget).__name__}")


def _show_line(widget: QLineEdit, value: str) -> None:
    if widget.text() != value:
        widget.setText(value)


def _show_text(widget: QPlainTextEdit, value: str) -> None:
    if widget.toPlainText() != value:
        with QSignalBlocker(widget):
            widget.setPlainText(value)


def _show_number(widget: QSpinBox, value: int) -> None:
    with QSignalBlocker(widget):
        widget.setValue(value)
