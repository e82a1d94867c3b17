"""The panel that makes pictures from words."""

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from studio.app.orders import EngineReady
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.ui.binding import bind
from studio.ui.panels.prompt_text import PromptText
from studio.ui.panels.recipe import Recipe


class PromptPanel(QWidget):
    """Prompt, negative prompt, and the recipe."""

    def __init__(
        self, settings: Settings, unknown: UnknownWords, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.prompt = PromptText(
            settings,
            unknown,
            "prompt",
            title=self.tr("Prompt"),
            placeholder=self.tr("A snowy mountain behind a calm lake at sunset"),
            lines=4,
        )
        self.negative = PromptText(
            settings,
            unknown,
            "negative_prompt",
            title=self.tr("Negative prompt"),
            placeholder=self.tr("Fog, rain"),
            lines=2,
        )
        self.follow = QCheckBox(self.tr("Follow the painted map"))
        bind(settings, "follow_map", self.follow)
        self.recipe = Recipe(settings)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(self.prompt)
        layout.addWidget(self.negative)
        layout.addWidget(self.follow)
        layout.addWidget(self.recipe)
        layout.addStretch(1)

    def show_model(self, ready: EngineReady) -> None:
        self.recipe.show_model(ready)

    def focus_first(self) -> None:
        self.prompt.edit.setFocus()
