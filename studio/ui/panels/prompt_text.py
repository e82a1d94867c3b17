"""The field a prompt is written in, and the line under it that names unknown words."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.ui.binding import bind
from studio.ui.panels.unknown_line import UnknownLine
from studio.ui.weight_keys import WeightKeys


class PromptText(QWidget):
    """Several lines of text bound to a setting; Tab leaves it, because prompts have no tabs."""

    def __init__(
        self,
        settings: Settings,
        unknown: UnknownWords,
        key: str,
        *,
        title: str,
        placeholder: str,
        lines: int,
    ) -> None:
        super().__init__()
        self.edit = QPlainTextEdit()
        self.edit.setPlaceholderText(placeholder)
        self.edit.setTabChangesFocus(True)
        self.edit.document().setDocumentMargin(2)
        self.edit.setFixedHeight(self.edit.fontMetrics().lineSpacing() * lines + 20)
        bind(settings, key, self.edit)
        WeightKeys(self.edit)
        label = QLabel(title)
        label.setProperty("role", "label")
        label.setBuddy(self.edit)
        self.unknown = UnknownLine(unknown, key)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addWidget(self.edit)
        layout.addWidget(self.unknown)


class NegativePrompt(PromptText):
    """What the picture should not show; the same in every panel."""

    def __init__(self, settings: Settings, unknown: UnknownWords) -> None:
        super().__init__(
            settings,
            unknown,
            "negative_prompt",
            title=QCoreApplication.translate("NegativePrompt", "Negative prompt"),
            placeholder=QCoreApplication.translate("NegativePrompt", "Fog, rain"),
            lines=2,
        )
