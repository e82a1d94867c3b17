"""Under the canvas: what it shows while a job runs, how far the job is, and the map's opacity."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSlider, QWidget

from studio.app.settings import Settings
from studio.contract.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Produced,
    Started,
    Stepped,
)
from studio.ui.icon_button import IconButton
from studio.ui.progress_row import ProgressRow, seconds

_ROOM_FOR_OPACITY = 540
_NAME_PX = 96


class LiveRow(ProgressRow):
    """``fit()`` asks for the zoom that shows everything, ``toggle_map()`` for map or picture."""

    fit = Signal()
    toggle_map = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tips = {
            "clean": self.tr("Watch what the model expects the picture to become (predicted x₀)"),
            "noisy": self.tr("Watch the noise turn into the picture (xₜ)"),
            "both": self.tr("Watch both side by side"),
            "result": self.tr("Keep showing the last result until the next is ready"),
        }
        self.add_view(self.tr("Live view"), settings, "live_view", tips)
        self.name_bar(self.tr("Progress"), self.tr("How much of the job is done"))
        self.opacity = self._opacity(settings)
        swap = IconButton("layers", self.tr("Map or picture (M)"))
        swap.clicked.connect(self.toggle_map)
        fit = IconButton("fit", self.tr("Fit the picture into the window (Ctrl+0)"))
        fit.clicked.connect(self.fit)
        self.controls.addWidget(swap)
        self.controls.addWidget(self.opacity)
        self.controls.addSpacing(4)
        self.controls.addWidget(fit)
        self.say(0, "")  # not ready yet: the line below says what happens

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.opacity.setVisible(self.width() >= _ROOM_FOR_OPACITY)

    def show_event(self, event: Event) -> None:
        """Say how far the job is."""
        match event:
            case Loading():
                self.show_loading(event)
            case Started():
                self.say(0, self.tr("Starting"))
            case Stepped():
                self._step(event)
            case Produced() if event.count > 1:
                done = (event.image + 1) / event.count
                self.say(done, self.tr("Picture %s of %s") % (event.image + 1, event.count))
            case Finished():
                self.say(0, self.tr("Done in %s") % seconds(event.elapsed))
            case Cancelled():
                self.say(0, self.tr("Cancelled"))
            case Failed():
                self.say(0, self.tr("Stopped"))

    def show_loading(self, event: Loading) -> None:
        metrics = self.fontMetrics()
        name = metrics.elidedText(event.what, Qt.TextElideMode.ElideMiddle, _NAME_PX)
        text = self.tr("Loading %s") % name
        if event.fraction is not None:
            text += f" · {event.fraction:.0%}"
        self.say(event.fraction or 0, text)

    def show_waiting(self) -> None:
        """A job was asked for and the engine has not spoken yet."""
        self.say(0, self.tr("Waiting for the engine"))

    def show_ready(self) -> None:
        self.say(0, self.tr("Ready"))

    def _step(self, event: Stepped) -> None:
        done = (event.image + event.step / event.steps) / event.count
        text = self.tr("Step %s/%s") % (event.step, event.steps)
        if event.count > 1:
            text = self.tr("Picture %s/%s") % (event.image + 1, event.count) + " · " + text
        times = self.tr("%s · %s left") % (seconds(event.elapsed), seconds(event.remaining))
        self.say(done, text, times)

    def _opacity(self, settings: Settings) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setFixedWidth(72)
        slider.setAccessibleName(self.tr("Map opacity"))
        slider.setToolTip(self.tr("How strongly the map covers the picture"))
        slider.valueChanged.connect(lambda value: settings.set("map_opacity", value / 100))
        settings.watch("map_opacity", slider, lambda value: slider.setValue(round(value * 100)))
        return slider
