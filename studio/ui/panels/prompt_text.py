"""The field a prompt is written in, and the line under it that names unknown words."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studio.app.settings import Settings
from studio.ui.binding import bind


class PromptText(QWidget):
    """Several lines of text bound to a setting; Tab leaves it, because prompts have no tabs."""

    def __init__(
        self, settings: Settings, key: str, title: str, placeholder: str, lines: int
    ) -> None:
        super().__init__()
        self.edit = QPlainTextEdit()
        self.edit.setPlaceholderText(placeholder)
        self.edit.setTabChangesFocus(True)
        self.edit.document().setDocumentMargin(2)
        self.edit.setFixedHeight(self.edit.fontMetrics().lineSpacing() * lines + 20)
        bind(settings, key, self.edit)
        label = QLabel(title)
        label.setProperty("role", "label")
        label.setBuddy(self.edit)
        self._unknown = QLabel()
        self._unknown.setProperty("role", "warning")
        self._unknown.setWordWrap(True)
        self._unknown.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addWidget(self.edit)
        layout.addWidget(self._unknown)
        self.edit.textChanged.connect(lambda: self.show_unknown(()))

    def show_unknown(self, words: Sequence[str]) -> None:
        """Name the words that the model has never seen; an empty list clears the line."""
        self._unknown.setText(
            self.tr("The model does not know: %s") % ", ".join(f"“{word}”" for word in words)
        )
        self._unknown.setVisible(bool(words))
