"""The panel that makes pictures from a painted map: materials, tools, and one line of prompt."""

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from studio.app.models.shelf import Shelf
from studio.app.orders import EngineReady
from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.contract.catalog import DEFAULT_MODEL, Capability
from studio.contract.materials import MATERIALS
from studio.contract.model_card import ModelCard
from studio.ui.binding import bind
from studio.ui.fold import Fold
from studio.ui.labelled import labelled
from studio.ui.models.question import Question
from studio.ui.number_slider import NumberSlider
from studio.ui.panels.loras import LoraList
from studio.ui.panels.model_picker import ModelPicker
from studio.ui.panels.paint import PaintPanel
from studio.ui.panels.prompt_text import NegativePrompt
from studio.ui.panels.recipe import Recipe
from studio.ui.panels.unknown_line import UnknownLine
from studio.ui.weight_keys import WeightKeys


class PaintPage(QWidget):
    """``painting`` is the painting panel; the prompt and recipe are the other panels' too.

    ``foot`` holds the prompt: it stays above the button when the panel scrolls.
    """

    def __init__(
        self,
        settings: Settings,
        unknown: UnknownWords,
        shelf: Shelf,
        painting: PaintPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shelf = shelf
        self.painting = painting
        self.picker = ModelPicker(settings, shelf, compact=True)
        self.no_map = Question()
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(self.tr("Sunset, winter, fog… or nothing"))
        bind(settings, "prompt", self.prompt)
        WeightKeys(self.prompt)
        self.unknown = UnknownLine(unknown, "prompt")
        self.map_strength = NumberSlider(BY_KEY["map_strength"])
        bind(settings, "map_strength", self.map_strength)
        self.negative = NegativePrompt(settings, unknown)
        self.loras = LoraList(settings, shelf)
        self.recipe = Recipe(settings)
        self.fold = Fold(self.tr("Picture"), self._folded())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.picker)
        layout.addWidget(self.no_map)
        layout.addWidget(painting)
        layout.addWidget(self.map_strength)
        layout.addWidget(self.fold)
        layout.addStretch(1)
        self.foot = QWidget()
        words = labelled(self.tr("Prompt"), self.prompt)
        words.setContentsMargins(16, 8, 16, 12)
        words.addWidget(self.unknown)
        self.foot.setLayout(words)
        settings.changed.connect(self._summarise)
        self._summarise()
        self.picker.changed.connect(self.show_card)
        self.show_card(shelf.card(settings["model"]))

    def _folded(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        for widget in (self.negative, self.loras, self.recipe):
            column.addWidget(widget)
        return body

    def show_card(self, card: ModelCard | None) -> None:
        """Show the controls of a model, or that it takes no map."""
        unknown = card is None or not card.usable
        paints = unknown or (card is not None and card.can(Capability.MAP))
        self.painting.setVisible(paints)
        self.painting.show_labels(card is not None and card.labels > len(MATERIALS))
        self.foot.setVisible(unknown or (card is not None and card.can(Capability.TEXT)))
        self.negative.setVisible(unknown or (card is not None and card.can(Capability.NEGATIVE)))
        self.loras.setVisible(card is not None and card.can(Capability.LORA))
        guided = unknown or (card is not None and card.can(Capability.GUIDANCE))
        self.recipe.show_guidance(guided)
        self.map_strength.setVisible(card is not None and card.can(Capability.MAP_STRENGTH))
        self.no_map.setVisible(not paints)
        if not paints:
            self.no_map.ask(
                self.tr("This model takes no map. Choose one that does, or write a prompt for it."),
                (self.tr("Use Landscape"), lambda: self._settings.set("model", DEFAULT_MODEL)),
                (self.tr("Go to Prompt"), lambda: self._settings.set("panel", "prompt")),
            )
        self._summarise()

    def show_model(self, ready: EngineReady) -> None:
        self.recipe.show_model(ready)
        self._summarise()

    def focus_first(self) -> None:
        """The keyboard stays with the canvas, where the painting keys work."""

    def _summarise(self) -> None:
        """What is set in the fold, so that nothing counts unseen."""
        values = self._settings
        parts = [f"{values['width']} × {values['height']}"]
        if values["seed_locked"]:
            parts.append(self.tr("seed %s") % values["seed"])
        if values["steps"] is not None:
            parts.append(self.tr("steps: %s") % values["steps"])
        if values["count"] > 1:
            parts.append(self.tr("pictures: %s") % values["count"])
        if not self.loras.isHidden() and values["loras"]:
            parts.append(self.tr("LoRA files: %s") % len(values["loras"]))
        if not self.negative.isHidden() and values["negative_prompt"]:
            parts.append(self.tr("not: %s") % " ".join(values["negative_prompt"].split()))
        self.fold.set_summary(", ".join(parts))
