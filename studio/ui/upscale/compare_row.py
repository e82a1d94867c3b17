"""Under the comparison: how it compares, how far the batch is, the zoom."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from studio.app.settings import Settings
from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.contract.events import Loading
from studio.pictures.batch import ItemState
from studio.ui.icon_button import IconButton
from studio.ui.progress_row import ProgressRow, seconds


class CompareRow(ProgressRow):
    """``fit()`` asks for the zoom that shows everything, ``actual()`` for one pixel on one."""

    fit = Signal()
    actual = Signal()

    def __init__(
        self, settings: Settings, batch: UpscaleBatch, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._batch = batch
        tips = {
            "slider": self.tr("Before and after under one divider; drag it, or use the arrow keys"),
            "beside": self.tr("Before and after side by side at the same zoom"),
            "after": self.tr("Only the enlarged picture; hold Space to see it as it was"),
            "before": self.tr("Only the picture as it was"),
        }
        self.add_view(self.tr("Comparison"), settings, "upscale_view", tips)
        self.name_bar(
            self.tr("Progress of all pictures"), self.tr("How much of all pictures is done")
        )
        self.zoom = QLabel()
        self.zoom.setProperty("role", "caption")
        self.zoom.setFixedWidth(48)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.zoom.setToolTip(self.tr("Zoom; 100 % is one pixel of the result on one of the screen"))
        actual = IconButton("actual-size", self.tr("Actual size (Ctrl+1)"))
        actual.clicked.connect(self.actual)
        fit = IconButton("fit", self.tr("Fit the picture into the window (Ctrl+0)"))
        fit.clicked.connect(self.fit)
        self.controls.addWidget(self.zoom)
        self.controls.addSpacing(4)
        self.controls.addWidget(actual)
        self.controls.addWidget(fit)
        self._loading = ""
        batch.changed.connect(self.show_batch)
        batch.file_changed.connect(self.show_batch)
        batch.progressed.connect(lambda _file, event: self._happened(event))
        batch.preview.happened.connect(lambda _file, _region, event: self._happened(event))
        self.show_batch()

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
        out = (ItemState.SKIPPED, ItemState.FAILED)
        files = [file for file in batch.files if file.state not in out]
        over = sum(file.state is ItemState.DONE for file in files)
        current = batch.running.fraction if batch.running is not None else 0.0
        idle = batch.phase is Phase.IDLE
        done = 0.0 if idle or not files else (over + current) / len(files)
        text = self._loading if self._loading and batch.phase is not Phase.PAUSED else self._stand()
        left = batch.remaining() if not idle else None
        times = self.tr("%s left") % seconds(left) if left else ""
        self.say(done, text, times)

    def _stand(self) -> str:
        batch = self._batch
        files = batch.files
        if batch.cancelling:
            return self.tr("Stopping after this tile")
        if batch.preview.running:
            return self.tr("Enlarging the region")
        if batch.phase is Phase.PAUSED:
            return self.tr("Pausing after this tile") if batch.pausing else self.tr("Paused")
        if batch.phase is Phase.RUNNING and batch.running is not None:
            if batch.running.made is None:
                return self.tr("Waiting for the engine")
            number = files.index(batch.running) + 1
            return self.tr("Picture %s/%s") % (number, len(files))
        done = sum(file.state is ItemState.DONE for file in files)
        failed = sum(file.state is ItemState.FAILED for file in files)
        if not done and not failed:
            return self.tr("Ready")
        parts = [self.tr("%s done") % done] if done else []
        parts += [self.tr("%s failed") % failed] if failed else []
        return " · ".join(parts)
