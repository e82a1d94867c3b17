"""The panel that makes pictures from words."""

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from studio.app.orders import EngineReady
from studio.app.settings import Settings
from studio.ui.binding import bind
from studio.ui.panels.prompt_text import PromptText
from studio.ui.panels.recipe import Recipe


class PromptPanel(QWidget):
    """Prompt, negative prompt, and the recipe."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prompt = PromptText(
            settings,
            "prompt",
            self.tr("Prompt"),
            self.tr("A snowy mountain behind a calm lake at sunset"),
            4,
        )
        self.negative = PromptText(
            settings, "negative_prompt", self.tr("Negative prompt"), self.tr("Fog, people"), 2
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

    def show_unknown(self, words: Sequence[str]) -> None:
        self.prompt.show_unknown(words)

    def focus_first(self) -> None:
        self.prompt.edit.setFocus()
