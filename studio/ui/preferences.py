"""The preferences: every setting that has a page, built from its row."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.app.setting import Setting
from studio.app.setting_rows import SETTINGS
from studio.app.settings import Settings
from studio.ui.binding import bind
from studio.ui.close_button import close_button
from studio.ui.icon_button import IconButton
from studio.ui.labelled import labelled


class Preferences(QDialog):
    """Changes take effect at once; there is nothing to confirm."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle(self.tr("Preferences"))
        self.setMinimumWidth(420)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        page = ""
        for row in SETTINGS:
            if not row.page:
                continue
            if row.page != page:
                page = row.page
                head = QLabel(row.shown_page)
                head.setProperty("role", "title")
                layout.addSpacing(4)
                layout.addWidget(head)
            layout.addLayout(labelled(row.shown_title, self._control(row)))
        layout.addStretch(1)
        close = close_button(self, self.tr("Close the preferences (Esc)"))
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _control(self, row: Setting) -> QWidget:
        if row.choices:
            combo = QComboBox()
            for value, title in row.shown_choices:
                combo.addItem(title, value)
            bind(self._settings, row.key, combo)
            return combo
        if row.kind is int:
            number = QSpinBox()
            number.setRange(int(row.low or 0), int(row.high or 0))
            number.setSingleStep(int(row.step))
            number.lineEdit().setTextMargins(6, 0, 0, 0)  # a spin box ignores its own padding
            bind(self._settings, row.key, number)
            return number
        return self._folder(row)

    def _folder(self, row: Setting) -> QWidget:
        """A folder: a field to read and a button to choose."""
        line = QLineEdit(readOnly=True)
        line.setPlaceholderText(self.tr("The system's pictures folder"))
        line.setAccessibleName(row.shown_title)
        line.setToolTip(row.shown_help)
        self._settings.watch(row.key, line, lambda value: line.setText(value or ""))
        choose = IconButton("folder", self.tr("Choose a folder"))
        choose.setProperty("role", "framed")

        def ask() -> None:
            dialog = QFileDialog(self, row.shown_title, line.text())
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.fileSelected.connect(lambda name: self._settings.set(row.key, name))
            dialog.open()

        choose.clicked.connect(ask)
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(line, 1)
        layout.addWidget(choose)
        return body
