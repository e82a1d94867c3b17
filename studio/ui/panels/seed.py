"""The seed: a number, a lock that keeps it, a dice that draws another."""

import secrets

from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.contract.request import MAX_SEED
from studio.ui.icon_button import IconButton


class SeedControls(QWidget):
    """One row; typing a seed locks it, because who types one wants that one."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.field = QLineEdit()
        self.field.setValidator(QRegularExpressionValidator(r"[0-9]{1,10}", self.field))
        self.field.setAccessibleName(BY_KEY["seed"].shown_title)
        self.field.setToolTip(BY_KEY["seed"].shown_help)
        self.lock = IconButton("unlock", self.tr("Keep the seed"))
        self.lock.setCheckable(True)
        self.lock.setToolTip(BY_KEY["seed_locked"].shown_help)
        self.lock.setProperty("role", "framed")
        self.dice = IconButton("dice", self.tr("Draw another seed"))
        self.dice.setProperty("role", "framed")
        label = QLabel(self.tr("Seed"))
        label.setProperty("role", "label")
        label.setBuddy(self.field)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.field, 1)
        row.addWidget(self.lock)
        row.addWidget(self.dice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addLayout(row)
        self.field.textEdited.connect(self._typed)
        self.field.editingFinished.connect(self._show)
        self.lock.toggled.connect(self._locked)
        self.dice.clicked.connect(self._draw)
        settings.changed.connect(self._changed)
        self._show()

    def _typed(self, text: str) -> None:
        if text:
            self._settings.set("seed", min(int(text), MAX_SEED))
            self._settings.set("seed_locked", True)

    def _locked(self, locked: bool) -> None:
        self._settings.set("seed_locked", locked)

    def _draw(self) -> None:
        self._settings.set("seed", secrets.randbelow(MAX_SEED + 1))

    def _changed(self, key: str) -> None:
        if key in ("seed", "seed_locked") and not (key == "seed" and self.field.hasFocus()):
            self._show()

    def _show(self) -> None:
        self.field.setText(str(self._settings["seed"]))
        self.lock.setChecked(self._settings["seed_locked"])
        self.lock.show_icon("lock" if self._settings["seed_locked"] else "unlock")
