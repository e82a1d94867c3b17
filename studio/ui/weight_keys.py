"""Ctrl+Up and Ctrl+Down in a prompt: the word at the cursor counts more, or less."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from studio.contract.prompt_weights import STEP, reweighed

_STEPS = {Qt.Key.Key_Up: STEP, Qt.Key.Key_Down: -STEP}


class WeightKeys(QObject):
    """Listens to one field for as long as that lives; the field's own undo takes a step back."""

    def __init__(self, field: QLineEdit | QPlainTextEdit) -> None:
        super().__init__(field)
        self._field = field
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        keys = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or keys != Qt.KeyboardModifier.ControlModifier:
            return False
        if isinstance(self._field, QLineEdit):
            _weigh_in_line(self._field, step)
        else:
            _weigh_in_text(self._field, step)
        return True


def _weigh_in_line(field: QLineEdit, step: float) -> None:
    at = field.cursorPosition()
    begin = field.selectionStart() if field.hasSelectedText() else at
    end = field.selectionEnd() if field.hasSelectedText() else at
    text, begin, end = reweighed(field.text(), begin, end, step)
    if text != field.text():
        field.selectAll()
        field.insert(text)
    field.setSelection(begin, end - begin)


def _weigh_in_text(field: QPlainTextEdit, step: float) -> None:
    cursor = field.textCursor()
    before = field.toPlainText()
    text, begin, end = reweighed(before, cursor.selectionStart(), cursor.selectionEnd(), step)
    if text != before:
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
    cursor.setPosition(begin)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    field.setTextCursor(cursor)
