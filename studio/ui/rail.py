"""The narrow column at the left: one button per panel, and the menu."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QMenu, QToolButton, QVBoxLayout, QWidget

from studio.ui.icon_button import IconButton
from studio.ui.panels.table import PANELS


class Rail(QFrame):
    """``chosen(key)`` follows a press on a panel's button."""

    chosen = Signal(str)
    help_wanted = Signal()
    preferences_wanted = Signal()

    def __init__(self, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setFixedWidth(64)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(7, 8, 7, 8)
        layout.setSpacing(4)
        self.menu_button = self._small("menu", self.tr("Menu (F10)"))
        self.menu_button.setMenu(menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        layout.addWidget(self.menu_button)
        layout.addSpacing(8)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, IconButton] = {}
        for row in PANELS:
            button = IconButton(row.icon, row.shown_title)
            button.setText(row.shown_title)
            button.setToolTip(row.shown_tooltip)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, key=row.key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[row.key] = button
            layout.addWidget(button)
        layout.addStretch(1)
        preferences = self._small("settings", self.tr("Preferences (Ctrl+,)"))
        preferences.clicked.connect(self.preferences_wanted)
        shortcuts = self._small("help", self.tr("Keyboard shortcuts (F1)"))
        shortcuts.clicked.connect(self.help_wanted)
        layout.addWidget(preferences)
        layout.addWidget(shortcuts)

    def show_panel(self, key: str) -> None:
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    @staticmethod
    def _small(icon_name: str, name: str) -> IconButton:
        button = IconButton(icon_name, name)
        button.setProperty("role", "small")
        return button
