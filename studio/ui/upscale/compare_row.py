"""Under the comparison: how it compares, how far the batch is, the zoom."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app.saved_batch import FileState
from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.contract.events import Loading
from studio.ui.binding import bind
from studio.ui.icon_button import IconButton
from studio.ui.live_row import seconds
from studio.ui.segments import Segments

_FULL = 1000


class CompareRow(QFrame):
    """``fit()`` asks for the zoom that shows everything, ``actual()`` for one pixel on one."""

    fit = Signal()
    actual = Signal()

    def __init__(
        self, settings: Settings, batch: UpscaleBatch, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("liveRow")
        self._batch = batch
        tips = {
            "slider": self.tr("Before and after under one divider; drag it, or use the arrow keys"),
            "beside": self.tr("Before and after side by side at the same zoom"),
            "after": self.tr("Only the enlarged picture; hold Space to see it as it was"),
            "before": self.tr("Only the picture as it was"),
        }
        choices = BY_KEY["upscale_view"].shown_choices
        self.view = Segments(
            self.tr("Comparison"), [(key, title, tips[key], "") for key, title in choices]
        )
        bind(settings, "upscale_view", self.view)
        self.bar = QProgressBar()
        self.bar.setRange(0, _FULL)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of all pictures"))
        self.bar.setToolTip(self.tr("How much of all pictures is done"))
        self.text = QLabel()
        self.text.setProperty("role", "value")
        self.time = QLabel()
        self.time.setProperty("role", "caption")
        for label in (self.text, self.time):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.zoom = QLabel()
        self.zoom.setProperty("role", "caption")
        self.zoom.setFixedWidth(48)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.zoom.setToolTip(self.tr("Zoom; 100 % is one pixel of the result on one of the screen"))
        self._lay_out()
        self._loading = ""
        batch.changed.connect(self.show_batch)
        batch.file_changed.connect(self.show_batch)
        batch.progressed.connect(lambda _file, event: self._happened(event))
        batch.previewed.connect(lambda _file, _region, event: self._happened(event))
        self.show_batch()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.text)
        words.addWidget(self.time)
        words.addStretch(1)
        actual = IconButton("actual-size", self.tr("Actual size (Ctrl+1)"))
        actual.clicked.connect(self.actual)
        fit = IconButton("fit", self.tr("Fit the picture into the window (Ctrl+0)"))
        fit.clicked.connect(self.fit)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(self.view)
        row.addSpacing(8)
        row.addLayout(words, 1)
        row.addWidget(self.zoom)
        row.addSpacing(4)
        row.addWidget(actual)
        row.addWidget(fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addLayout(row, 1)
        self.setFixedHeight(48)

    def show_zoom(self, percent: float | None) -> None:
        self.zoom.setText("" if percent is None else f"{percent:.0f} %")

    def _happened(self, event: object) -> None:
        if isinstance(event, Loading):
            self._loading = self.tr("Loading %s") % event.what
            if event.fraction is not None:
                self._loading += f" · {event.fraction:.0%}"
        else:
            self._loading = ""
        self.show_batch()

    def show_batch(self) -> None:
        """Say how far everything is."""
        batch = self._batch
        files = [file for file in batch.files if file.state is not FileState.SKIPPED]
        over = sum(file.state in (FileState.DONE, FileState.FAILED) for file in files)
        current = batch.running.fraction if batch.running is not None else 0.0
        idle = batch.phase is Phase.IDLE
        self.bar.setValue(0 if idle or not files else round((over + current) / len(files) * _FULL))
        text = self._loading if self._loading and batch.phase is not Phase.PAUSED else self._stand()
        left = batch.remaining() if not idle else None
        times = self.tr("%s left") % seconds(left) if left else ""
        self.text.setText(text)
        self.time.setText(times)
        self.time.setVisible(bool(times))

    def _stand(self) -> str:
        batch = self._batch
        files = batch.files
        if batch.previewing:
            return self.tr("Enlarging the region")
        if batch.phase is Phase.PAUSED:
            return self.tr("Pausing after this tile") if batch.pausing else self.tr("Paused")
        if batch.phase is Phase.RUNNING and batch.running is not None:
            if batch.running.made is None:
                return self.tr("Waiting for the engine")
            number = files.index(batch.running) + 1
            return self.tr("Picture %s/%s") % (number, len(files))
        done = sum(file.state is FileState.DONE for file in files)
        failed = sum(file.state is FileState.FAILED for file in files)
        if not done and not failed:
            return self.tr("Ready")
        text = self.tr("%s done") % done
        return text + " · " + self.tr("%s failed") % failed if failed else text
