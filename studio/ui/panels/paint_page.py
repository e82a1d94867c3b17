"""The panel that makes pictures from a painted map: materials, tools, and one line of prompt."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from studio.app.orders import EngineReady
from studio.app.settings import Settings
from studio.ui.binding import bind
from studio.ui.fold import Fold
from studio.ui.labelled import labelled
from studio.ui.panels.paint import PaintPanel
from studio.ui.panels.recipe import Recipe


class PaintPage(QWidget):
    """``painting`` is the painting panel; the prompt and recipe are the other panels' too."""

    def __init__(
        self, settings: Settings, painting: PaintPanel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.painting = painting
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(self.tr("Sunset, winter, fog… or nothing"))
        bind(settings, "prompt", self.prompt)
        self._unknown = QLabel()
        self._unknown.setProperty("role", "warning")
        self._unknown.setWordWrap(True)
        self._unknown.hide()
        self.recipe = Recipe(settings)
        self.fold = Fold(self.tr("Picture"), self.recipe)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(painting)
        layout.addLayout(labelled(self.tr("Prompt"), self.prompt))
        layout.addWidget(self._unknown)
        layout.addWidget(self.fold)
        layout.addStretch(1)
        self.prompt.textEdited.connect(lambda: self.show_unknown(()))
        settings.changed.connect(self._summarise)
        self._summarise()

    def show_model(self, ready: EngineReady) -> None:
        self.recipe.show_model(ready)
        self._summarise()

    def show_unknown(self, words: Sequence[str]) -> None:
        """Name the words that the model has never seen; an empty list clears the line."""
        self._unknown.setText(
            self.tr("The model does not know: %s") % ", ".join(f"“{word}”" for word in words)
        )
        self._unknown.setVisible(bool(words))

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
