"""The panel that makes pictures from words, classes and other pictures."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QPushButton, QVBoxLayout, QWidget

from studio.app.models.shelf import Shelf
from studio.app.orders import EngineReady
from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.contract.catalog import Capability
from studio.contract.model_card import ModelCard
from studio.document.document import Document
from studio.ui.binding import bind
from studio.ui.number_slider import NumberSlider
from studio.ui.paint_state import PaintState
from studio.ui.panels.boxes import Boxes
from studio.ui.panels.class_picker import ClassPicker
from studio.ui.panels.depth_well import DepthWell
from studio.ui.panels.loras import LoraList
from studio.ui.panels.model_picker import ModelPicker
from studio.ui.panels.prompt_text import NegativePrompt, PromptText
from studio.ui.panels.recipe import Recipe
from studio.ui.panels.source_well import SourceWell

_FROM_PICTURES = (Capability.SOURCE, Capability.MASK, Capability.ENLARGE)


class PromptPanel(QWidget):
    """Shows only the controls that the chosen model has. ``paint_over()`` asks for the map that
    the model drew from the words, to paint on from it.
    """

    paint_over = Signal()
    foot = None

    def __init__(
        self,
        settings: Settings,
        unknown: UnknownWords,
        shelf: Shelf,
        document: Document,
        paint: PaintState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shelf = shelf
        self.picker = ModelPicker(settings, shelf)
        self.prompt = PromptText(
            settings,
            unknown,
            "prompt",
            title=self.tr("Prompt"),
            placeholder=self.tr("A snowy mountain behind a calm lake at sunset"),
            lines=4,
        )
        self.negative = NegativePrompt(settings, unknown)
        self.classes = ClassPicker(settings)
        self.source = SourceWell(settings, document, paint)
        self.follow = QCheckBox(self.tr("Follow the painted map"))
        bind(settings, "follow_map", self.follow)
        self.drawn = QPushButton(self.tr("Paint over the map of the words"))
        self.drawn.setToolTip(
            self.tr(
                "The model drew a map from your words first: take it over and paint on (Ctrl+M)"
            )
        )
        self.drawn.setAccessibleName(self.drawn.text())
        self.drawn.clicked.connect(lambda: self.paint_over.emit())
        self._document = document
        document.listen(lambda _change: self._show_drawn())
        self._show_drawn()
        self.map_strength = NumberSlider(BY_KEY["map_strength"])
        bind(settings, "map_strength", self.map_strength)
        self.boxes = Boxes(settings, document)
        self.depth_picture = DepthWell(document)
        self.loras = LoraList(settings, shelf)
        self.recipe = Recipe(settings)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        for widget in (
            self.picker,
            self.prompt,
            self.negative,
            self.classes,
            self.boxes,
            self.depth_picture,
            self.loras,
            self.source,
            self.follow,
            self.drawn,
            self.map_strength,
            self.recipe,
        ):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.picker.changed.connect(self.show_card)
        self.show_card(shelf.card(settings["model"]))

    def show_card(self, card: ModelCard | None) -> None:
        """Show the controls of a model; all that have to do with words while it is unknown."""

        def can(*capabilities: Capability) -> bool:
            return card is None or not card.usable or any(card.can(one) for one in capabilities)

        def surely(capability: Capability) -> bool:
            return card is not None and card.can(capability)

        self.prompt.setVisible(can(Capability.TEXT))
        self.negative.setVisible(can(Capability.NEGATIVE))
        self.boxes.setVisible(surely(Capability.BOXES))
        self.loras.setVisible(surely(Capability.LORA))
        self.depth_picture.setVisible(surely(Capability.DEPTH))
        has_classes = surely(Capability.CLASS)
        self.classes.setVisible(has_classes)
        if has_classes:
            assert card is not None
            names = self._shelf.class_names(self._settings["model"])
            needed = Capability.CLASS in card.needs
            self.classes.set_classes(names, card.classes, needed=needed)
        self.source.setVisible(can(*_FROM_PICTURES))
        self.source.show_card(card)
        self.follow.setVisible(can(Capability.MAP))
        self.map_strength.setVisible(surely(Capability.MAP_STRENGTH))
        self.recipe.show_guidance(can(Capability.GUIDANCE))
        self.recipe.size_controls.setVisible(not surely(Capability.ENLARGE))

    def _show_drawn(self) -> None:
        self.drawn.setVisible(self._document.drawn_map is not None)

    def show_model(self, ready: EngineReady) -> None:
        self.recipe.show_model(ready)

    def focus_first(self) -> None:
        if self.prompt.isVisibleTo(self):
            self.prompt.edit.setFocus()
        else:
            self.picker.combo.setFocus()
