"""The row under a picture: what is shown, how far the work is in words and as a bar, the zoom."""

from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.ui.binding import bind
from studio.ui.segments import Segments

_FULL = 1000


class ProgressRow(QFrame):
    """``add_view`` puts the choice of what is shown at the left, ``controls`` takes what stands at
    the right.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("progressRow")
        self.bar = QProgressBar()
        self.bar.setRange(0, _FULL)
        self.bar.setTextVisible(False)
        self.text = QLabel()
        self.text.setProperty("role", "value")
        self.time = QLabel()
        self.time.setProperty("role", "caption")
        self.time.hide()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        for label in (self.text, self.time):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            words.addWidget(label)
        words.addStretch(1)
        self.controls = QHBoxLayout()
        self.controls.setSpacing(4)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(4)
        self._row.addSpacing(8)
        self._row.addLayout(words, 1)
        self._row.addSpacing(4)
        self._row.addLayout(self.controls)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addLayout(self._row, 1)
        self.setFixedHeight(48)

    def add_view(self, name: str, settings: Settings, key: str, tips: dict[str, str]) -> None:
        """Let the person choose the setting ``key``; ``tips`` say what each choice shows."""
        choices = BY_KEY[key].shown_choices
        self.view = Segments(name, [(choice, title, tips[choice], "") for choice, title in choices])
        bind(settings, key, self.view)
        self._row.insertWidget(0, self.view)

    def name_bar(self, name: str, tip: str) -> None:
        """Say what the bar measures."""
        self.bar.setAccessibleName(name)
        self.bar.setToolTip(tip)

    def say(self, done: float, text: str, times: str = "") -> None:
        """Show how much is done, 0..1, and what is to be said of it; ``times`` may be empty."""
        self.bar.setValue(round(done * _FULL))
        self.text.setText(text)
        self.time.setText(times)
        self.time.setVisible(bool(times))


def seconds(duration: float) -> str:
    """A duration as people read it: "0.4 s", "12 s", "3 min 5 s"."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 60:
        return f"{duration:.0f} s"
    return f"{duration // 60:.0f} min {duration % 60:.0f} s"
