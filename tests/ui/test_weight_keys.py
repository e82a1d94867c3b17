"""The keys that make a word of a prompt count more or less."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from studio.ui.start import Studio

MORE, LESS = Qt.Key.Key_Up, Qt.Key.Key_Down


def field(studio: Studio, panel: str) -> QLineEdit | QPlainTextEdit:
    studio.settings.set("panel", panel)
    page = studio.window.panels[panel]
    return page.prompt if panel == "paint" else page.prompt.edit


def shown(line: QLineEdit | QPlainTextEdit) -> str:
    return line.text() if isinstance(line, QLineEdit) else line.toPlainText()


@pytest.mark.parametrize("panel", ["paint", "prompt"])
def test_ctrl_up_and_down_weigh_the_word_at_the_cursor(studio: Studio, panel: str) -> None:
    line = field(studio, panel)
    line.setFocus()
    QTest.keyClicks(line, "snowy lake")
    for _ in range(2):
        QTest.keyClick(line, MORE, Qt.KeyboardModifier.ControlModifier)
    assert studio.settings["prompt"] == shown(line) == "snowy (lake:1.2)"
    QTest.keyClick(line, LESS, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(line, LESS, Qt.KeyboardModifier.ControlModifier)
    assert studio.settings["prompt"] == "snowy lake"
    line.undo()
    assert studio.settings["prompt"] == "snowy (lake:1.1)"
    QTest.keyClick(line, MORE)  # without Ctrl it only moves the cursor
    assert shown(line) == "snowy (lake:1.1)"
