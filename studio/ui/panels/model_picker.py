"""Which model makes the picture: a list, what it is, and what it still needs to know."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.app.models.register import Installed
from studio.app.models.shelf import Shelf
from studio.app.settings import Settings
from studio.contract.model_card import ModelCard
from studio.ui.labelled import caption
from studio.ui.models.choice import ModelChoice
from studio.ui.models.question import Question
from studio.ui.models.words import family_title


class ModelPicker(ModelChoice):
    """Bound to the setting "model"; a ``compact`` one does not name the family.

    ``changed(card)`` follows only where the model or what is known of it differs;
    ``answered(model, prediction)`` says eps or v.
    """

    answered = Signal(object, str)

    def __init__(
        self,
        settings: Settings,
        shelf: Shelf,
        parent: QWidget | None = None,
        *,
        compact: bool = False,
    ) -> None:
        super().__init__(settings, shelf, "model", parent)
        self.combo.setAccessibleName(self.tr("Model"))
        self.combo.setToolTip(self.tr("The model that makes the picture"))
        self._compact = compact
        self._told: tuple[str, ModelCard | None] | None = None
        self.about = caption()
        self.question = Question()
        self._column.insertWidget(self._column.indexOf(self.problem), self.about)
        self._column.addWidget(self.question)
        self._follow(self._show)

    def _show(self) -> None:
        self._fill(lambda card: card.usable)
        name, model, card = self._settings[self._key], self.model, self.card
        shown = family_title(card) if card and card.usable else ""
        self.about.setText(shown)
        self.about.setVisible(bool(shown) and not self._compact)
        self._show_problem(
            card is not None and card.usable,
            self.tr("This is a part of a model and makes no pictures by itself."),
        )
        self.question.setVisible(bool(model and model.asks))
        if model is not None and model.asks:
            self._ask(model)
        if (name, card) != self._told:
            self._told = name, card
            self.changed.emit(card)

    def _ask(self, model: Installed) -> None:
        self.question.ask(
            self.tr("The file does not tell what it predicts. Which pictures was it made for?"),
            (self.tr("512 px (eps)"), lambda: self.answered.emit(model, "eps")),
            (self.tr("768 px (v)"), lambda: self.answered.emit(model, "v")),
        )
