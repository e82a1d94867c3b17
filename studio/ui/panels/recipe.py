"""How a picture is made: seed, size, steps, guidance, sampler; the same in every panel."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.orders import EngineReady
from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.contract.catalog import SAMPLERS, SPACINGS
from studio.ui.binding import bind
from studio.ui.fold import Fold
from studio.ui.labelled import labelled
from studio.ui.number_slider import NumberSlider
from studio.ui.panel_scroll import PanelChoice
from studio.ui.panels.seed import SeedControls
from studio.ui.panels.size import SizeControls

_SAMPLER_TITLES = {row.key: row.title for row in SAMPLERS}
_SPACING_TITLES = {row.key: row.title for row in SPACINGS}


class Recipe(QWidget):
    """Seed, size, steps, guidance and count, with the rarely used things folded away."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.size_controls = SizeControls(settings)
        self.steps = self._slider("steps")
        self.guidance = self._slider("guidance")
        self.count = self._slider("count")
        self.sampler = self._combo("sampler", _SAMPLER_TITLES)
        self.spacing = self._combo("spacing", _SPACING_TITLES)
        self.fold = Fold(self.tr("Advanced"), self._advanced())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(self.size_controls)
        layout.addWidget(SeedControls(settings))
        layout.addWidget(self.steps)
        layout.addWidget(self.guidance)
        layout.addWidget(self.count)
        layout.addWidget(self.fold)
        self.fold.set_open(settings["advanced_open"])
        self.fold.toggled.connect(lambda is_open: settings.set("advanced_open", is_open))
        settings.changed.connect(self._changed)
        self._summarise()

    def show_model(self, ready: EngineReady) -> None:
        """Show the model's own values where the person has chosen none."""
        self.steps.set_fallback(ready.steps)
        self.guidance.set_fallback(ready.guidance)
        own = self.tr("%s, the model's own")
        for combo, titles, key in (
            (self.sampler, _SAMPLER_TITLES, ready.sampler),
            (self.spacing, _SPACING_TITLES, ready.spacing),
        ):
            combo.setItemText(0, own % titles.get(key, key))
        self._summarise()

    def show_guidance(self, shown: bool) -> None:
        """Hide what a model without guidance makes no use of."""
        self.guidance.setVisible(shown)
        for slider in self._interval:
            slider.setVisible(shown)

    def _slider(self, key: str) -> NumberSlider:
        slider = NumberSlider(BY_KEY[key])
        bind(self._settings, key, slider)
        return slider

    def _combo(self, key: str, titles: dict[str, str]) -> PanelChoice:
        combo = PanelChoice()
        combo.addItem(self.tr("The model's own"), None)
        for value, title in titles.items():
            combo.addItem(title, value)
        bind(self._settings, key, combo)
        return combo

    def _advanced(self) -> QWidget:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addLayout(labelled(self.tr("Sampler"), self.sampler))
        layout.addLayout(labelled(self.tr("Step spacing"), self.spacing))
        self._interval = [self._slider(key) for key in ("guidance_from", "guidance_to")]
        for slider in (*self._interval, self._slider("eta")):
            layout.addWidget(slider)
        return body

    def _changed(self, key: str) -> None:
        if key in ("sampler", "spacing", "eta", "guidance_from", "guidance_to"):
            self._summarise()

    def _summarise(self) -> None:
        """One line that names the sampler and whatever differs from the defaults."""
        values = self._settings
        parts = [self.sampler.currentText()]
        if values["spacing"] is not None:
            parts.append(_SPACING_TITLES[values["spacing"]])
        if (values["guidance_from"], values["guidance_to"]) != (0.0, 1.0):
            parts.append(
                self.tr("guidance %s to %s") % (values["guidance_from"], values["guidance_to"])
            )
        if values["eta"]:
            parts.append(self.tr("eta %s") % values["eta"])
        self.fold.set_summary(", ".join(parts))
