"""Which model enlarges the pictures, where there is more than the bundled one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.models.shelf import Shelf
from studio.app.settings import Settings
from studio.contract.catalog import Capability
from studio.contract.model_card import ModelCard
from studio.contract.upscaling import DEFAULT_UPSCALER
from studio.ui.icon_button import IconButton
from studio.ui.models.words import shown_name
from studio.ui.panel_scroll import PanelChoice

_KEY = "upscale_model"


class UpscalerPicker(QWidget):
    """Bound to the setting "upscale_model"; hidden while there is nothing to choose.

    ``changed(card)`` follows whenever what is known of the chosen model differs, None while nothing
    is; ``manage_wanted()`` asks for the list of models.
    """

    changed = Signal(object)
    manage_wanted = Signal()

    def __init__(self, settings: Settings, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shelf = shelf
        self.combo = PanelChoice()
        self.combo.setAccessibleName(self.tr("Upscaling model"))
        self.combo.setToolTip(self.tr("The model that makes the pictures larger"))
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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        self.combo.activated.connect(self._choose)
        self.manage.clicked.connect(self.manage_wanted)
        shelf.changed.connect(self._show)
        settings.watch(_KEY, self, lambda _name: self._show())

    @property
    def card(self) -> ModelCard | None:
        """What is known of the chosen model."""
        return self._shelf.card(self._settings[_KEY])

    def _show(self) -> None:
        name: str = self._settings[_KEY]
        chosen = self._shelf.find(name)
        self.combo.clear()
        for model in self._shelf.models:
            able = model.card is not None and model.card.can(Capability.UPSCALE)
            if able or model is chosen:
                self.combo.addItem(shown_name(model), model.key)
                last = self.combo.count() - 1
                self.combo.setItemData(last, str(model.path), Qt.ItemDataRole.ToolTipRole)
        if chosen is None:
            self.combo.addItem(name.replace("\\", "/").rstrip("/").rpartition("/")[2], name)
        key = chosen.key if chosen is not None else name
        self.combo.setCurrentIndex(self.combo.findData(key))
        self.setVisible(self.combo.count() > 1 or key != DEFAULT_UPSCALER)
        trouble = self._trouble(name)
        self.problem.setText(trouble)
        self.problem.setVisible(bool(trouble))
        self.changed.emit(self.card)

    def _trouble(self, name: str) -> str:
        card = self.card
        if card is None:
            here = self._shelf.exists(name)
            return "" if here else self.tr("This model is not here; choose another, or add it.")
        if card.can(Capability.UPSCALE):
            return ""
        return card.problem or self.tr("This model makes no pictures larger; choose another.")

    def _choose(self, index: int) -> None:
        self._settings.set(_KEY, self.combo.itemData(index))
