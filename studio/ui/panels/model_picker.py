"""Which model makes the picture: a list, what it is, and what it still needs to know."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.models.register import Installed
from studio.app.models.shelf import Shelf
from studio.app.settings import Settings
from studio.contract.model_card import ModelCard
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption
from studio.ui.models.question import Question
from studio.ui.models.words import family_title, shown_name
from studio.ui.panel_scroll import PanelChoice


class ModelPicker(QWidget):
    """Bound to the setting "model"; a ``compact`` one does not name the family.

    ``changed(card)`` follows whenever what is known of the chosen model differs, None while nothing
    is; ``manage_wanted()`` asks for the list of models, ``answered(model, prediction)`` says eps or
    v.
    """

    changed = Signal(object)
    manage_wanted = Signal()
    answered = Signal(object, str)

    def __init__(
        self,
        settings: Settings,
        shelf: Shelf,
        parent: QWidget | None = None,
        *,
        compact: bool = False,
    ) -> None:
        super().__init__(parent)
        self._compact = compact
        self._settings = settings
        self._shelf = shelf
        self._told: tuple[str, ModelCard | None] | None = None
        self.combo = PanelChoice()
        self.combo.setAccessibleName(self.tr("Model"))
        self.combo.setToolTip(self.tr("The model that makes the picture"))
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(8)
        self.combo.setMaxVisibleItems(16)
        self.manage = IconButton("panel-models", self.tr("All models, and how to add some"))
        self.manage.setProperty("role", "framed")
        self.about = caption()
        self.problem = QLabel()
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        self.question = Question()
        self._lay_out()
        self.combo.activated.connect(self._choose)
        self.manage.clicked.connect(self.manage_wanted)
        shelf.changed.connect(self._show)
        settings.watch("model", self, lambda _name: self._show())

    @property
    def model(self) -> Installed | None:
        """The chosen model, None where it is not on the list."""
        return self._shelf.find(self._settings["model"])

    def _lay_out(self) -> None:
        label = QLabel(self.tr("Model"))
        label.setProperty("role", "label")
        label.setBuddy(self.combo)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.combo, 1)
        row.addWidget(self.manage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addLayout(row)
        layout.addWidget(self.about)
        layout.addWidget(self.problem)
        layout.addWidget(self.question)

    def _show(self) -> None:
        name = self._settings["model"]
        model = self.model
        card = self._shelf.card(name)
        self._fill(name, model)
        shown = family_title(card) if card and card.usable else ""
        self.about.setText(shown)
        self.about.setVisible(bool(shown) and not self._compact)
        trouble = self._trouble(name, model, card)
        self.problem.setText(trouble)
        self.problem.setVisible(bool(trouble))
        self.question.setVisible(bool(model and model.asks))
        if model is not None and model.asks:
            self._ask(model)
        if (name, card) != self._told:
            self._told = name, card
            self.changed.emit(card)

    def _fill(self, name: str, chosen: Installed | None) -> None:
        """The models that make pictures, and the chosen one whatever it is."""
        self.combo.clear()
        for model in self._shelf.models:
            usable = model.card is not None and model.card.usable
            if usable or model is chosen:
                self.combo.addItem(shown_name(model), model.key)
                last = self.combo.count() - 1
                self.combo.setItemData(last, str(model.path), Qt.ItemDataRole.ToolTipRole)
        if chosen is None:
            short = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
            card = self._shelf.card(name)
            self.combo.addItem(card.title if card else short, name)
        key = chosen.key if chosen is not None else name
        self.combo.setCurrentIndex(self.combo.findData(key))

    def _trouble(self, name: str, model: Installed | None, card: ModelCard | None) -> str:
        if model is None:
            known = card is not None or self._shelf.exists(name)
            return "" if known else self.tr("This model is not here; choose another, or add it.")
        if card is None or card.usable:
            return ""
        return card.problem or self.tr("This is a part of a model and makes no pictures by itself.")

    def _ask(self, model: Installed) -> None:
        self.question.ask(
            self.tr("The file does not tell what it predicts. Which pictures was it made for?"),
            (self.tr("512 px (eps)"), lambda: self.answered.emit(model, "eps")),
            (self.tr("768 px (v)"), lambda: self.answered.emit(model, "v")),
        )

    def _choose(self, index: int) -> None:
        self._settings.set("model", self.combo.itemData(index))
