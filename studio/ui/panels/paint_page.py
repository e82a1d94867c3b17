"""The panel that makes pictures from a painted map: materials, tools, and one line of prompt."""

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from studio.app.orders import EngineReady
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.ui.binding import bind
from studio.ui.fold import Fold
from studio.ui.labelled import labelled
from studio.ui.panels.paint import PaintPanel
from studio.ui.panels.recipe import Recipe
from studio.ui.panels.unknown_line import UnknownLine


class PaintPage(QWidget):
    """``painting`` is the painting panel; the prompt and recipe are the other panels' too."""

    def __init__(
        self,
        settings: Settings,
        unknown: UnknownWords,
        painting: PaintPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.painting = painting
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(self.tr("Sunset, winter, fog… or nothing"))
        bind(settings, "prompt", self.prompt)
        self.unknown = UnknownLine(unknown, "prompt")
        self.recipe = Recipe(settings)
        self.fold = Fold(self.tr("Picture"), self.recipe)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(painting)
        layout.addLayout(labelled(self.tr("Prompt"), self.prompt))
        layout.addWidget(self.unknown)
        layout.addWidget(self.fold)
        layout.addStretch(1)
        settings.changed.connect(self._summarise)
        self._summarise()

    def show_model(self, ready: EngineReady) -> None:
        self.recipe.show_model(ready)
        self._summarise()

    def focus_first(self) -> None:
        """The keyboard stays with the canvas, where the painting keys work."""

    def _summarise(self) -> None:
        values = self._settings
        parts = [f"{values['width']} × {values['height']}"]
        if values["seed_locked"]:
            parts.append(self.tr("seed %s") % values["seed"])
        if values["steps"] is not None:
            parts.append(self.tr("steps: %s") % values["steps"])
        if values["count"] > 1:
            parts.append(self.tr("pictures: %s") % values["count"])
        self.fold.set_summary(", ".join(parts))
