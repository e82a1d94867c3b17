"""Under the canvas: what it shows while a job runs, how far the job is, and the map's opacity."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from studio.app.setting_rows import BY_KEY
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
from studio.ui.binding import bind
from studio.ui.icon_button import IconButton
from studio.ui.segments import Segments

_FULL = 1000
_ROOM_FOR_OPACITY = 540


class LiveRow(QFrame):
    """``fit()`` asks for the zoom that shows everything, ``toggle_map()`` for map or picture."""

    fit = Signal()
    toggle_map = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("liveRow")
        tips = {
            "clean": self.tr("Watch what the model expects the picture to become (predicted x₀)"),
            "noisy": self.tr("Watch the noise turn into the picture (xₜ)"),
            "both": self.tr("Watch both side by side"),
            "result": self.tr("Keep showing the last result until the next is ready"),
        }
        self.view = Segments(
            self.tr("Live view"),
            [(key, title, tips[key], "") for key, title in BY_KEY["live_view"].shown_choices],
        )
        bind(settings, "live_view", self.view)
        self.bar = QProgressBar()
        self.bar.setRange(0, _FULL)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setToolTip(self.tr("How much of the job is done"))
        self.text = QLabel(self.tr("Ready"))
        self.text.setProperty("role", "value")
        self.time = QLabel()
        self.time.setProperty("role", "caption")
        self.time.hide()
        for label in (self.text, self.time):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.text)
        words.addWidget(self.time)
        words.addStretch(1)
        self.opacity = self._opacity(settings)
        swap = IconButton("layers", self.tr("Map or picture (M)"))
        swap.clicked.connect(self.toggle_map)
        fit = IconButton("fit", self.tr("Fit the picture into the window (Ctrl+0)"))
        fit.clicked.connect(self.fit)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(self.view)
        row.addSpacing(8)
        row.addLayout(words, 1)
        row.addSpacing(4)
        row.addWidget(swap)
        row.addWidget(self.opacity)
        row.addSpacing(4)
        row.addWidget(fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addLayout(row, 1)
        self.setFixedHeight(48)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.opacity.setVisible(self.width() >= _ROOM_FOR_OPACITY)

    def show_event(self, event: Event) -> None:
        """Say how far the job is."""
        match event:
            case Loading():
                self.show_loading(event)
            case Started():
                self._say(0, self.tr("Starting"))
            case Stepped():
                self._step(event)
            case Produced() if event.count > 1:
                done = (event.image + 1) / event.count
                self._say(done, self.tr("Picture %s of %s") % (event.image + 1, event.count))
            case Finished():
                self._say(0, self.tr("Done in %s") % seconds(event.elapsed))
            case Cancelled():
                self._say(0, self.tr("Cancelled"))
            case Failed():
                self._say(0, self.tr("Stopped"))

    def show_loading(self, event: Loading) -> None:
        text = self.tr("Loading %s") % event.what
        if event.fraction is not None:
            text += f" · {event.fraction:.0%}"
        self._say(event.fraction or 0, text)

    def show_waiting(self) -> None:
        """A job was asked for and the engine has not spoken yet."""
        self._say(0, self.tr("Waiting for the engine"))

    def show_ready(self) -> None:
        self._say(0, self.tr("Ready"))

    def _step(self, event: Stepped) -> None:
        done = (event.image + event.step / event.steps) / event.count
        text = self.tr("Step %s/%s") % (event.step, event.steps)
        if event.count > 1:
            text = self.tr("Picture %s/%s") % (event.image + 1, event.count) + " · " + text
        times = self.tr("%s · %s left") % (seconds(event.elapsed), seconds(event.remaining))
        self._say(done, text, times)

    def _say(self, done: float, text: str, times: str = "") -> None:
        self.bar.setValue(round(done * _FULL))
        self.text.setText(text)
        self.time.setText(times)
        self.time.setVisible(bool(times))

    def _opacity(self, settings: Settings) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setFixedWidth(72)
        slider.setAccessibleName(self.tr("Map opacity"))
        slider.setToolTip(self.tr("How strongly the map covers the picture"))
        slider.valueChanged.connect(lambda value: settings.set("map_opacity", value / 100))
        settings.watch("map_opacity", slider, lambda value: slider.setValue(round(value * 100)))
        return slider


def seconds(duration: float) -> str:
    """A duration as people read it: "0.4 s", "12 s", "3 min 5 s"."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 60:
        return f"{duration:.0f} s"
    return f"{duration // 60:.0f} min {duration % 60:.0f} s"
