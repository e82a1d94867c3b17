"""How the pictures are enlarged: model, scale or size, character, strength, repair."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.models.shelf import Shelf
from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.app.upscale_rows import FIT
from studio.contract.catalog import Capability
from studio.contract.model_card import ModelCard
from studio.contract.upscaling import UpscaleMode
from studio.ui.binding import bind
from studio.ui.labelled import labelled
from studio.ui.number_slider import NumberSlider
from studio.ui.panel_scroll import PanelNumber
from studio.ui.segments import Segments
from studio.ui.upscale.upscaler_picker import UpscalerPicker


class UpscaleControls(QWidget):
    """Everything that changes the result's pixels; only what the chosen model has."""

    def __init__(self, settings: Settings, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.picker = UpscalerPicker(settings, shelf)
        tips = {
            "2": self.tr("Twice as wide and as high"),
            "3": self.tr("Three times as wide and as high"),
            "4": self.tr("Four times as wide and as high"),
            "8": self.tr("Eight times as wide and as high, in two passes"),
            FIT: self.tr("As large as fits into a width and a height"),
        }
        self.scale = self._segments("upscale_scale", tips)
        self.mode = self._segments(
            "upscale_mode",
            {
                UpscaleMode.FAITHFUL.value: self.tr("Sharp and true: nothing is invented"),
                UpscaleMode.VIVID.value: self.tr("Adds detail that could have been there"),
            },
        )
        self.within = self._within()
        self.strength = NumberSlider(BY_KEY["upscale_strength"])
        self.repair = NumberSlider(BY_KEY["upscale_repair"])
        bind(settings, "upscale_strength", self.strength)
        bind(settings, "upscale_repair", self.repair)
        scale = labelled(self.tr("Scale"), self.scale)
        scale.addWidget(self.within)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.picker)
        layout.addLayout(scale)
        self.character = QWidget()
        character = labelled(self.tr("Character"), self.mode)
        character.setContentsMargins(0, 0, 0, 0)
        self.character.setLayout(character)
        layout.addWidget(self.character)
        layout.addWidget(self.strength)
        layout.addWidget(self.repair)
        settings.watch("upscale_scale", self, lambda value: self.within.setVisible(value == FIT))
        settings.watch("upscale_mode", self, self._show_mode)
        self.picker.changed.connect(self._show_card)
        self._show_card(self.picker.card)

    def _segments(self, key: str, tips: dict[str, str]) -> Segments:
        row = BY_KEY[key]
        choices = [(value, title, tips[value], "") for value, title in row.shown_choices]
        segments = Segments(row.shown_title, choices, stretch=True)
        bind(self._settings, key, segments)
        return segments

    def _within(self) -> QWidget:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(6)
        for key in ("upscale_width", "upscale_height"):
            setting = BY_KEY[key]
            field = PanelNumber()
            field.setRange(int(setting.low or 1), int(setting.high or 1))
            field.setSingleStep(int(setting.step))
            field.setKeyboardTracking(False)
            field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            bind(self._settings, key, field)
            if row.count():
                row.addWidget(QLabel("×"))
            row.addWidget(field, 1)
        return body

    def _show_card(self, card: ModelCard | None) -> None:
        """Upscalers of other families have one character, and nobody to tell it of damage."""
        has = card is None or not card.can(Capability.UPSCALE) or card.can(Capability.CHARACTER)
        for widget in (self.character, self.strength, self.repair):
            widget.setVisible(has)

    def _show_mode(self, mode: str) -> None:
        self.strength.setEnabled(mode == UpscaleMode.VIVID.value)
