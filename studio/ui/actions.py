"""Every action of the window: one table of titles, shortcuts and menus."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.translation import QT_TRANSLATE_NOOP, translated

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
        return translated(_CONTEXT, self.title)

    @property
    def shown_shortcut(self) -> str:
        if not self.shortcuts:
            return ""
        return QKeySequence(self.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)


MENUS: tuple[tuple[str, str], ...] = (
    ("file", QT_TRANSLATE_NOOP("Actions", "File")),
    ("edit", QT_TRANSLATE_NOOP("Actions", "Edit")),
    ("picture", QT_TRANSLATE_NOOP("Actions", "Picture")),
    ("view", QT_TRANSLATE_NOOP("Actions", "View")),
    ("help", QT_TRANSLATE_NOOP("Actions", "Help")),
)

ACTIONS: tuple[ActionRow, ...] = (
    ActionRow(
        key="open", title=QT_TRANSLATE_NOOP("Actions", "Open…"), menu="file", shortcuts=("Ctrl+O",)
    ),
    ActionRow(
        key="save", title=QT_TRANSLATE_NOOP("Actions", "Save"), menu="file", shortcuts=("Ctrl+S",)
    ),
    ActionRow(
        key="save_as",
        title=QT_TRANSLATE_NOOP("Actions", "Save as…"),
        menu="file",
        shortcuts=("Ctrl+Shift+S",),
    ),
    ActionRow(key="save_map", title=QT_TRANSLATE_NOOP("Actions", "Save the map…"), menu="file"),
    ActionRow(
        key="show_folder",
        title=QT_TRANSLATE_NOOP("Actions", "Show the history folder"),
        menu="file",
    ),
    ActionRow(
        key="preferences",
        title=QT_TRANSLATE_NOOP("Actions", "Preferences…"),
        menu="file",
        shortcuts=("Ctrl+,",),
    ),
    ActionRow(
        key="quit", title=QT_TRANSLATE_NOOP("Actions", "Quit"), menu="file", shortcuts=("Ctrl+Q",)
    ),
    ActionRow(
        key="undo", title=QT_TRANSLATE_NOOP("Actions", "Undo"), menu="edit", shortcuts=("Ctrl+Z",)
    ),
    ActionRow(
        key="redo",
        title=QT_TRANSLATE_NOOP("Actions", "Redo"),
        menu="edit",
        shortcuts=("Ctrl+Shift+Z", "Ctrl+Y"),
    ),
    ActionRow(
        key="copy",
        title=QT_TRANSLATE_NOOP("Actions", "Copy the picture"),
        menu="edit",
        shortcuts=("Ctrl+C",),
    ),
    ActionRow(
        key="paste",
        title=QT_TRANSLATE_NOOP("Actions", "Paste a picture"),
        menu="edit",
        shortcuts=("Ctrl+V",),
    ),
    ActionRow(
        key="generate",
        title=QT_TRANSLATE_NOOP("Actions", "Generate"),
        menu="picture",
        shortcuts=("Ctrl+Enter", "Ctrl+Return"),
    ),
    ActionRow(
        key="queue",
        title=QT_TRANSLATE_NOOP("Actions", "Queue another picture"),
        menu="picture",
        shortcuts=("Ctrl+Shift+Enter", "Ctrl+Shift+Return"),
    ),
    ActionRow(
        key="cancel",
        title=QT_TRANSLATE_NOOP("Actions", "Cancel the job"),
        menu="picture",
        shortcuts=("Esc",),
    ),
    ActionRow(
        key="clear_queue",
        title=QT_TRANSLATE_NOOP("Actions", "Clear the queue"),
        menu="picture",
        shortcuts=("Shift+Esc",),
    ),
    ActionRow(
        key="paint_over",
        title=QT_TRANSLATE_NOOP("Actions", "Paint over the map of the words"),
        menu="picture",
        shortcuts=("Ctrl+M",),
    ),
    ActionRow(
        key="pause",
        title=QT_TRANSLATE_NOOP("Actions", "Pause upscaling, or go on"),
        menu="picture",
        shortcuts=("Ctrl+P",),
    ),
    ActionRow(
        key="fit",
        title=QT_TRANSLATE_NOOP("Actions", "Fit into the window"),
        menu="view",
        shortcuts=("Ctrl+0",),
    ),
    ActionRow(
        key="actual_size",
        title=QT_TRANSLATE_NOOP("Actions", "Actual size"),
        menu="view",
        shortcuts=("Ctrl+1",),
    ),
    ActionRow(
        key="toggle_map",
        title=QT_TRANSLATE_NOOP("Actions", "Map or picture"),
        menu="view",
        shortcuts=("M",),
    ),
    ActionRow(
        key="show_paint",
        title=QT_TRANSLATE_NOOP("Actions", "Paint panel"),
        menu="view",
        shortcuts=("F5",),
    ),
    ActionRow(
        key="show_prompt",
        title=QT_TRANSLATE_NOOP("Actions", "Prompt panel"),
        menu="view",
        shortcuts=("F6",),
    ),
    ActionRow(
        key="show_upscale",
        title=QT_TRANSLATE_NOOP("Actions", "Upscale panel"),
        menu="view",
        shortcuts=("F7",),
    ),
    ActionRow(
        key="show_models",
        title=QT_TRANSLATE_NOOP("Actions", "Models"),
        menu="view",
        shortcuts=("F8",),
    ),
    ActionRow(
        key="full_screen",
        title=QT_TRANSLATE_NOOP("Actions", "Full screen"),
        menu="view",
        shortcuts=("F11",),
    ),
    ActionRow(
        key="show_shortcuts",
        title=QT_TRANSLATE_NOOP("Actions", "Keyboard shortcuts"),
        menu="help",
        shortcuts=("F1", "?"),
    ),
    ActionRow(
        key="show_about", title=QT_TRANSLATE_NOOP("Actions", "About Latent Studio"), menu="help"
    ),
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
        part = menu.addMenu(translated(_CONTEXT, title))
        for row in ACTIONS:
            if row.menu == key:
                part.addAction(actions[row.key])
    return menu


def _without_state(function: Callable[[], object]) -> Callable[[bool], None]:
    def call(_checked: bool = False) -> None:
        function()

    return call
