"""A list of models in a panel, with the way to all of them and room for what is wrong."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.models.register import Installed
from studio.app.models.shelf import Shelf
from studio.app.settings import Settings
from studio.contract.model_card import ModelCard
from studio.ui.icon_button import IconButton
from studio.ui.models.words import shown_name
from studio.ui.panel_scroll import PanelChoice


class ModelChoice(QWidget):
    """Bound to the setting ``key``. ``changed(card)`` tells what is known of the chosen model,
    None while nothing is; ``manage_wanted()`` asks for the list of all models.

    A subclass names its ``combo`` and hands ``_follow`` what shows a model, when it is ready.
    """

    changed = Signal(object)
    manage_wanted = Signal()

    def __init__(
        self, settings: Settings, shelf: Shelf, key: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shelf = shelf
        self._key = key
        self.combo = PanelChoice()
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(8)
        self.combo.setMaxVisibleItems(16)
        self.manage = IconButton("panel-models", self.tr("All models, and how to add some"))
        self.manage.setProperty("role", "framed")
        self.problem = QLabel()
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        label = QLabel(self.tr("Model"))
        label.setProperty("role", "label")
        label.setBuddy(self.combo)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.combo, 1)
        row.addWidget(self.manage)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(label)
        self._column.addLayout(row)
        self._column.addWidget(self.problem)
        self.combo.activated.connect(self._choose)
        self.manage.clicked.connect(self.manage_wanted)

    @property
    def model(self) -> Installed | None:
        """The chosen model, None where it is not on the list."""
        return self._shelf.find(self._settings[self._key])

    @property
    def card(self) -> ModelCard | None:
        """What is known of the chosen model."""
        return self._shelf.card(self._settings[self._key])

    def _follow(self, show: Callable[[], None]) -> None:
        """Call ``show`` whenever another model is chosen or more is known of one."""
        self._shelf.changed.connect(show)
        self._settings.watch(self._key, self, lambda _name: show())

    def _fill(self, fits: Callable[[ModelCard], bool]) -> None:
        """List the models whose card fits, and the chosen one whatever it is."""
        name: str = self._settings[self._key]
        chosen = self.model
        self.combo.clear()
        for model in self._shelf.models:
            if model is chosen or (model.card is not None and fits(model.card)):
                self.combo.addItem(shown_name(model), model.key)
                last = self.combo.count() - 1
                self.combo.setItemData(last, str(model.path), Qt.ItemDataRole.ToolTipRole)
        if chosen is None:
            short = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
            self.combo.addItem(self.card.title if self.card else short, name)
        key = chosen.key if chosen is not None else name
        self.combo.setCurrentIndex(self.combo.findData(key))

    def _show_problem(self, able: bool, unable: str) -> None:
        """Say why the chosen model can't serve: it is gone, broken, or else ``unable``."""
        card, sentence = self.card, ""
        if card is None:
            if not self._shelf.exists(self._settings[self._key]):
                sentence = self.tr("This model is not here; choose another, or add it.")
        elif not able:
            sentence = card.problem or unable
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _choose(self, index: int) -> None:
        self._settings.set(self._key, self.combo.itemData(index))
