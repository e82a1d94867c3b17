"""Every action of the window: one table of titles, shortcuts and menus."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

_CONTEXT = "Actions"


@dataclass(frozen=True, kw_only=True)
class ActionRow:
    """``key`` is the name of the method that does it; the first shortcut is shown in menus."""

    key: str
    title: str
    menu: str
    shortcuts: tuple[str, ...] = ()

    @property
    def shown_title(self) -> str:
        return QCoreApplication.translate(_CONTEXT, self.title)

    @property
    def shown_shortcut(self) -> str:
        if not self.shortcuts:
            return ""
        return QKeySequence(self.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)


_T = QT_TRANSLATE_NOOP

MENUS: tuple[tuple[str, str], ...] = (
    ("file", _T("Actions", "File")),
    ("edit", _T("Actions", "Edit")),
    ("picture", _T("Actions", "Picture")),
    ("view", _T("Actions", "View")),
    ("help", _T("Actions", "Help")),
)

ACTIONS: tuple[ActionRow, ...] = (
    ActionRow(key="open", title=_T("Actions", "Open…"), menu="file", shortcuts=("Ctrl+O",)),
    ActionRow(key="save", title=_T("Actions", "Save"), menu="file", shortcuts=("Ctrl+S",)),
    ActionRow(
        key="save_as",
        title=_T("Actions", "Save as…"),
        menu="file",
        shortcuts=("Ctrl+Shift+S",),
    ),
    ActionRow(key="save_map", title=_T("Actions", "Save the map…"), menu="file"),
    ActionRow(key="show_folder", title=_T("Actions", "Show the history folder"), menu="file"),
    ActionRow(
        key="preferences", title=_T("Actions", "Preferences…"), menu="file", shortcuts=("Ctrl+,",)
    ),
    ActionRow(key="quit", title=_T("Actions", "Quit"), menu="file", shortcuts=("Ctrl+Q",)),
    ActionRow(key="undo", title=_T("Actions", "Undo"), menu="edit", shortcuts=("Ctrl+Z",)),
    ActionRow(
        key="redo",
        title=_T("Actions", "Redo"),
        menu="edit",
        shortcuts=("Ctrl+Shift+Z", "Ctrl+Y"),
    ),
    ActionRow(
        key="copy", title=_T("Actions", "Copy the picture"), menu="edit", shortcuts=("Ctrl+C",)
    ),
    ActionRow(
        key="paste", title=_T("Actions", "Paste a picture"), menu="edit", shortcuts=("Ctrl+V",)
    ),
    ActionRow(
        key="generate",
        title=_T("Actions", "Generate"),
        menu="picture",
        shortcuts=("Ctrl+Enter", "Ctrl+Return"),
    ),
    ActionRow(
        key="queue",
        title=_T("Actions", "Queue another picture"),
        menu="picture",
        shortcuts=("Ctrl+Shift+Enter", "Ctrl+Shift+Return"),
    ),
    ActionRow(
        key="cancel", title=_T("Actions", "Cancel the job"), menu="picture", shortcuts=("Esc",)
    ),
    ActionRow(
        key="clear_queue",
        title=_T("Actions", "Clear the queue"),
        menu="picture",
        shortcuts=("Shift+Esc",),
    ),
    ActionRow(
        key="fit", title=_T("Actions", "Fit into the window"), menu="view", shortcuts=("Ctrl+0",)
    ),
    ActionRow(
        key="actual_size", title=_T("Actions", "Actual size"), menu="view", shortcuts=("Ctrl+1",)
    ),
    ActionRow(
        key="toggle_map",
        title=_T("Actions", "Map or picture"),
        menu="view",
        shortcuts=("M",),
    ),
    ActionRow(
        key="show_paint", title=_T("Actions", "Paint panel"), menu="view", shortcuts=("F5",)
    ),
    ActionRow(
        key="show_prompt", title=_T("Actions", "Prompt panel"), menu="view", shortcuts=("F6",)
    ),
    ActionRow(
        key="full_screen", title=_T("Actions", "Full screen"), menu="view", shortcuts=("F11",)
    ),
    ActionRow(
        key="show_shortcuts",
        title=_T("Actions", "Keyboard shortcuts"),
        menu="help",
        shortcuts=("F1", "?"),
    ),
    ActionRow(key="show_about", title=_T("Actions", "About Latent Studio"), menu="help"),
)


def made_actions(owner: QWidget, do: Callable[[str], Callable[[], object]]) -> dict[str, QAction]:
    """The actions of the table, added to ``owner``; ``do(key)`` is what each one does."""
    actions = {}
    for row in ACTIONS:
        action = QAction(row.shown_title, owner)
        action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(_without_state(do(row.key)))
        owner.addAction(action)
        actions[row.key] = action
    return actions


def made_menu(actions: dict[str, QAction], owner: QWidget) -> QMenu:
    """The whole menu behind one button."""
    menu = QMenu(owner)
    for key, title in MENUS:
        part = menu.addMenu(QCoreApplication.translate(_CONTEXT, title))
        for row in ACTIONS:
            if row.menu == key:
                part.addAction(actions[row.key])
    return menu


def _without_state(function: Callable[[], object]) -> Callable[[bool], None]:
    def call(_checked: bool = False) -> None:
        function()

    return call
