"""Which model enlarges the pictures, where there is more than the bundled one."""

from PySide6.QtWidgets import QWidget

from studio.app.models.shelf import Shelf
from studio.app.settings import Settings
from studio.contract.catalog import Capability
from studio.contract.upscaling import DEFAULT_UPSCALER
from studio.ui.models.choice import ModelChoice


class UpscalerPicker(ModelChoice):
    """Bound to the setting "upscale_model"; hidden while there is nothing to choose."""

    def __init__(self, settings: Settings, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(settings, shelf, "upscale_model", parent)
        self.combo.setAccessibleName(self.tr("Upscaling model"))
        self.combo.setToolTip(self.tr("The model that makes the pictures larger"))
        self._follow(self._show)

    def _show(self) -> None:
        self._fill(lambda card: card.can(Capability.UPSCALE))
        self.setVisible(self.combo.count() > 1 or self.combo.currentData() != DEFAULT_UPSCALER)
        card = self.card
        able = card is not None and card.can(Capability.UPSCALE)
        self._show_problem(able, self.tr("This model makes no pictures larger; choose another."))
        self.changed.emit(card)
