"""Enlarging only a region of a picture, to look at it before the whole is made."""

from PySide6.QtCore import QObject, Signal

from studio.app.batch_file import BatchFile
from studio.app.jobs import Job, Jobs
from studio.app.settings import Settings
from studio.app.upscale_task import Upscaled, UpscaleTask
from studio.app.upscale_wishes import batch_settings_of
from studio.contract.events import Cancelled, Failed
from studio.contract.upscaling import Region


class RegionPreview(QObject):
    """``happened(file, region, event)`` carries every event, ``changed()`` follows when one begins
    or ends.
    """

    happened = Signal(object, object, object)
    changed = Signal()

    def __init__(self, settings: Settings, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._jobs = jobs
        self._current: tuple[BatchFile, Region, Job] | None = None
        jobs.happened.connect(self._take)

    @property
    def running(self) -> bool:
        return self._current is not None

    def begin(self, file: BatchFile, region: Region) -> None:
        """Let the engine enlarge ``region`` of a file; a newer wish replaces an older one."""
        self.cancel()
        task = UpscaleTask(
            source=file.source,
            target=None,
            settings=batch_settings_of(self._settings),
            region=region,
        )
        self._current = (file, region, self._jobs.add(task))
        self.changed.emit()

    def cancel(self) -> None:
        if self._current is not None:
            (_, _, job), self._current = self._current, None
            self._jobs.cancel(job)
            self.changed.emit()

    def close(self) -> None:
        self._jobs.happened.disconnect(self._take)

    def _take(self, job: Job, event: object) -> None:
        if self._current is None or job is not self._current[2]:
            return
        file, region, _ = self._current
        over = isinstance(event, Upscaled | Cancelled | Failed)
        if over:
            self._current = None
        self.happened.emit(file, region, event)
        if over:
            self.changed.emit()
