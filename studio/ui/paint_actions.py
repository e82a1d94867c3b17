"""The single keys of painting: tools, brush size, materials."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from studio.contract.materials import BY_KEY
from studio.document.brushes import BRUSHES
from studio.ui.paint_state import PaintState
from studio.ui.panels.swatches import ORDER, number_key


def paint_actions(state: PaintState, owner: QWidget) -> list[QAction]:
    """Actions for every key of painting, added to ``owner``; letters still reach text fields."""
    rows: list[tuple[str, str, Callable[[], None]]] = [
        (row.title, row.shortcut, partial(state.set_tool, row.key)) for row in BRUSHES
    ]
    rows += [
        (_tr("Smaller brush"), "[", partial(state.step_brush, -1)),
        (_tr("Larger brush"), "]", partial(state.step_brush, 1)),
        (_tr("Previous material"), "X", state.swap_materials),
    ]
    rows += [
        (
            BY_KEY[key].name,
            number_key(key),
            partial(state.set_material, BY_KEY[key].id),
        )
        for key in ORDER
        if number_key(key)
    ]
    return [_made(title, keys, do, owner) for title, keys, do in rows]


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintActions", text)


def _made(title: str, keys: str, do: Callable[[], None], owner: QWidget) -> QAction:
    action = QAction(title, owner)
    action.setShortcut(QKeySequence(keys))
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.triggered.connect(lambda _checked=False: do())
    owner.addAction(action)
    return action
