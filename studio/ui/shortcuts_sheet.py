"""All shortcuts on one page."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from studio.app.translation import QT_TRANSLATE_NOOP, translated
from studio.ui.actions import ACTIONS, MENUS
from studio.ui.close_button import close_button

PAINTING: tuple[tuple[str, str], ...] = (
    ("B", QT_TRANSLATE_NOOP("Shortcuts", "Brush")),
    ("E", QT_TRANSLATE_NOOP("Shortcuts", "Eraser")),
    ("G", QT_TRANSLATE_NOOP("Shortcuts", "Fill")),
    ("U", QT_TRANSLATE_NOOP("Shortcuts", "Line, polygon")),
    ("I", QT_TRANSLATE_NOOP("Shortcuts", "Pick a material")),
    ("X", QT_TRANSLATE_NOOP("Shortcuts", "The material before")),
    ("1 – 9, 0", QT_TRANSLATE_NOOP("Shortcuts", "Materials")),
    ("[  ]", QT_TRANSLATE_NOOP("Shortcuts", "Brush size")),
    ("Enter", QT_TRANSLATE_NOOP("Shortcuts", "Finish the polygon")),
    ("Space", QT_TRANSLATE_NOOP("Shortcuts", "Hold to move the page")),
    (QT_TRANSLATE_NOOP("Shortcuts", "Wheel"), QT_TRANSLATE_NOOP("Shortcuts", "Zoom")),
    (QT_TRANSLATE_NOOP("Shortcuts", "Right button"), QT_TRANSLATE_NOOP("Shortcuts", "Pick")),
)

PROMPT: tuple[tuple[str, str], ...] = (
    ("Ctrl+↑", QT_TRANSLATE_NOOP("Shortcuts", "The word counts more")),
    ("Ctrl+↓", QT_TRANSLATE_NOOP("Shortcuts", "The word counts less")),
)


class ShortcutsSheet(QDialog):
    """Two columns of keys and what they do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        columns = QHBoxLayout()
        columns.setSpacing(40)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(16)
            columns.addLayout(column)
        for key, title in MENUS:
            rows = [(row.shown_shortcut, row.shown_title) for row in ACTIONS if row.menu == key]
            rows = [row for row in rows if row[0]]
            shown = translated("Actions", title)
            (right if key == "view" else left).addLayout(_group(shown, rows))
        left.addLayout(_group(self.tr("Prompt"), _shown(PROMPT)))
        right.addLayout(_group(self.tr("Painting"), _shown(PAINTING)))
        for column in (left, right):
            column.addStretch(1)
        close = close_button(self, self.tr("Close this sheet (Esc)"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(columns)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout.addLayout(foot)


def _shown(rows: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(translated("Shortcuts", keys), translated("Shortcuts", text)) for keys, text in rows]


def _group(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    head = QLabel(title)
    head.setProperty("role", "title")
    grid.addWidget(head, 0, 0, 1, 2)
    for line, (keys, text) in enumerate(rows, start=1):
        key = QLabel(keys)
        key.setProperty("role", "key")
        grid.addWidget(QLabel(text), line, 0)
        grid.addWidget(key, line, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return grid
