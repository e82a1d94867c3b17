"""The files a person wants enlarged: one after the other, to be paused, cancelled and resumed."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.batch_file import BatchFile
from studio.app.batch_keeper import BatchKeeper
from studio.app.jobs import Job, Jobs
from studio.app.pasted import forget_pasted, keep_pasted
from studio.app.places import Places
from studio.app.region_preview import RegionPreview
from studio.app.settings import Settings
from studio.app.upscale_task import FileStarted, TileShown, Upscaled, UpscaleTask
from studio.app.upscale_wishes import batch_settings_of
from studio.contract.events import Cancelled, Failed, Loading
from studio.contract.geometry import Size
from studio.pictures.batch import BatchPlan, ItemState
from studio.pictures.batch_settings import BatchSettings, IfThere
from studio.pictures.finding import pictures_in
from studio.pictures.naming import free_name, same_name
from studio.pictures.picture import PictureError, PictureInfo
from studio.pictures.reader import PictureReader

THUMBNAIL_SIDE = 96
_MEGA = 1e6


class Phase(StrEnum):
    """Where the batch stands."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"


class UpscaleBatch(QObject):
    """``files`` in the order they came.

    ``changed()`` follows when files came or went or the phase differs, ``file_changed(file)`` when
    one of them differs; ``progressed(file, event)`` carries every event of the file in work;
    ``refused(Failed)`` says what could not be taken or kept, ``restored(waiting)`` that an earlier
    sitting left files unfinished. ``preview`` enlarges regions that are only looked at; ``reader``
    reads pictures in the background's thread.
    """

    changed = Signal()
    file_changed = Signal(object)
    progressed = Signal(object, object)
    refused = Signal(object)
    restored = Signal(int)

    def __init__(
        self,
        settings: Settings,
        jobs: Jobs,
        background: Background,
        places: Places,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._jobs = jobs
        self._background = background
        self._keeper = BatchKeeper(places.batch, background)
        self._pasted = places.pasted
        self.reader = PictureReader()
        self.files: list[BatchFile] = []
        self.phase = Phase.IDLE
        self.preview = RegionPreview(settings, jobs, self)
        self.preview.changed.connect(self.changed)
        self._begun_with: BatchSettings | None = None
        self._file: BatchFile | None = None
        self._job: Job | None = None
        self._closed = False
        jobs.happened.connect(self._happened)
        jobs.changed.connect(self._jobs_changed)

    # What is asked for

    @property
    def waiting(self) -> list[BatchFile]:
        return [file for file in self.files if file.state is ItemState.WAITING]

    @property
    def running(self) -> BatchFile | None:
        """The file in work, be it held or not."""
        return self._file

    @property
    def pausing(self) -> bool:
        """Whether the batch is to pause and a tile is still being made."""
        return self.phase is Phase.PAUSED and self._job is not None and self._job.holding

    @property
    def cancelling(self) -> bool:
        return self._job is not None and self._job.cancelling

    def remaining(self) -> float | None:
        """Seconds until everything is done; None while nothing is known of the speed."""
        known = [f for f in self.files if f.made is not None and f.elapsed > 0 and f.fraction > 0]
        done = sum(_megapixels(f.made) * f.fraction for f in known)
        if not done:
            return None
        pace = sum(file.elapsed for file in known) / done
        settings = self._begun_with or batch_settings_of(self._settings)
        left = sum(_megapixels(settings.size_for(f.size)) for f in self.waiting if f.size)
        current = self._file.remaining if self._file is not None else None
        return left * pace + (current or 0.0)

    # Files come and go

    async def add(self, paths: Sequence[Path], *, own: bool = False) -> int:
        """Take files, and the pictures inside folders; how many came that were not there."""
        try:
            found = await self._background.run(pictures_in, list(paths))
        except PictureError as error:
            self.refused.emit(Failed(sentence=str(error)))
            return 0
        known = {file.source for file in self.files}
        new = [BatchFile(path, own=own) for path in found if path not in known]
        if not found:
            self.refused.emit(
                Failed(
                    sentence="There is no picture in what was dropped.",
                    action="Drop PNG, JPEG, WebP, TIFF, AVIF, BMP, GIF or HEIC files.",
                )
            )
        self.files += new
        self.changed.emit()
        self._keep()
        await self._look_at(new)
        return len(new)

    async def add_pixels(self, pixels: np.ndarray) -> None:
        """Take a picture that has no file: uint8 [H, W, 3 or 4]."""
        try:
            path = await self._background.run(keep_pasted, self._pasted, pixels)
        except PictureError as error:
            self.refused.emit(Failed(sentence=str(error)))
        else:
            await self.add([path], own=True)

    def remove(self, file: BatchFile) -> None:
        """Take a file out of the list; the one in work stays."""
        if file in self.files and file is not self._file:
            self.files.remove(file)
            self._keep()
            self.changed.emit()

    def clear(self) -> None:
        """Take every file out of the list that is not in work."""
        self.files = [file for file in self.files if file is self._file]
        self._keep()
        self.changed.emit()

    async def _look_at(self, files: Sequence[BatchFile]) -> None:
        for file in files:
            if self._closed:
                return
            await self._look(file)

    async def _look(self, file: BatchFile) -> None:
        try:
            info: PictureInfo = await self._background.run(
                lambda: self.reader.probe(file.source, thumbnail_side=THUMBNAIL_SIDE)
            )
        except PictureError as error:
            if file.state is ItemState.WAITING and not self._closed:
                file.state, file.sentence = ItemState.FAILED, str(error)
        else:
            file.size, file.format, file.thumbnail = info.size, info.format, info.thumbnail
        self.file_changed.emit(file)

    # Running

    async def already_there(self) -> list[Path]:
        """Files that exist where results of the waiting ones would be written."""
        settings = batch_settings_of(self._settings)
        targets = [_wanted(file, settings) for file in self.waiting or self.files]

        def look() -> list[Path]:
            return [target for target in targets if target.exists()]

        return await self._background.run(look)

    def start(self, if_there: IfThere = IfThere.KEEP_BOTH) -> None:
        """Begin with the files that wait; where none waits, with all of them anew."""
        if self.phase is not Phase.IDLE or self._job is not None or not self.files:
            return
        self.preview.cancel()
        if not self.waiting:
            for file in self.files:
                file.begin_anew()
        for file in self.files:
            if file.state is ItemState.WAITING:
                file.stop()
        self._begun_with = batch_settings_of(self._settings, if_there)
        self.phase = Phase.RUNNING
        self._next()

    def pause(self) -> None:
        """Hold after the tile in work; what is done of the file is kept."""
        if self.phase is Phase.RUNNING:
            self.phase = Phase.PAUSED
            if self._job is not None:
                self._jobs.hold(self._job)
            self._keep()
            self.changed.emit()

    def go_on(self) -> None:
        """Go on after a pause, or with what an earlier sitting left."""
        if self.phase is not Phase.PAUSED:
            return
        self.preview.cancel()
        self.phase = Phase.RUNNING
        if self._job is not None:
            self._jobs.go_on(self._job)
            self._keep()
            self.changed.emit()
        else:
            self._next()

    def cancel(self) -> None:
        """Stop; the file in work and those that wait can be begun again."""
        self.phase = Phase.IDLE
        if self._job is not None:
            self._jobs.cancel(self._job)
        self._keep()
        self.changed.emit()

    def _next(self) -> None:
        """Hand the next file to the engine, or end."""
        assert self._begun_with is not None
        settings = self._begun_with
        while self._file is None and self.phase is Phase.RUNNING:
            file = next(iter(self.waiting), None)
            if file is None:
                self.phase = Phase.IDLE
                break
            self._aim(file, settings)
            if file.state is ItemState.WAITING:
                self._begin(file, settings)
        self._keep()
        self.changed.emit()

    def _aim(self, file: BatchFile, settings: BatchSettings) -> None:
        """Decide where the result goes; never onto a file that nobody allowed to replace."""
        wanted = _wanted(file, settings)
        done = [f.target for f in self.files if f.state is ItemState.DONE and f.target is not None]
        taken = {same_name(path) for path in (*done, file.source)}
        if same_name(wanted) in taken:
            file.target = free_name(wanted, taken)
        elif not wanted.exists() or settings.replaces:
            file.target = wanted
        elif settings.if_there is IfThere.SKIP:
            file.state, file.target = ItemState.SKIPPED, wanted
            file.sentence = f"“{wanted.name}” is there already."
            self.file_changed.emit(file)
        else:
            file.target = free_name(wanted, taken)

    def _begin(self, file: BatchFile, settings: BatchSettings) -> None:
        file.state = ItemState.RUNNING
        self._file = file
        self._job = self._jobs.add(
            UpscaleTask(
                source=file.source,
                target=file.target,
                settings=settings,
                format=settings.format_for(file.source, file.format),
            )
        )
        self.file_changed.emit(file)

    # What happens

    def _happened(self, job: Job, event: object) -> None:
        if self._file is not None and job is self._job:
            self._take(self._file, event)

    def _take(self, file: BatchFile, event: object) -> None:
        match event:
            case FileStarted():
                file.made, file.notices = event.size, event.notices
            case TileShown():
                file.fraction = event.number / event.tiles
                file.elapsed, file.remaining = event.elapsed, event.remaining
            case Upscaled():
                file.made, file.elapsed = event.size, event.elapsed
                file.notices = (*file.notices, *event.notices)
                file.fraction, file.remaining = 1.0, None
                file.state = ItemState.DONE
            case Cancelled():
                file.state = ItemState.WAITING
                file.stop()
            case Failed():
                file.state = ItemState.FAILED
                file.sentence = " ".join(filter(None, [event.sentence, event.action]))
                file.stop()
        over = isinstance(event, Upscaled | Cancelled | Failed)
        if over:
            self._file = self._job = None
        self.progressed.emit(file, event)
        if not isinstance(event, Loading):
            self.file_changed.emit(file)
        if over:
            self._after(event)

    def _after(self, event: object) -> None:
        if isinstance(event, Cancelled) and self.phase is Phase.RUNNING:
            self.phase = Phase.IDLE  # somebody else cancelled the job
        if self.phase is Phase.RUNNING:
            self._next()
        else:
            self._keep()
            self.changed.emit()

    def _jobs_changed(self) -> None:
        if self._job is not None:
            self.changed.emit()

    # Across sittings

    async def restore(self) -> None:
        """Take up what an earlier sitting left unfinished, paused."""
        plan = await self._keeper.left()
        if plan is None or self.files:
            return
        self._begun_with, self.phase = plan.settings, Phase.PAUSED
        for item in plan.items:
            self.files.append(
                BatchFile(
                    item.source, item.own, item.target, state=item.state, sentence=item.sentence
                )
            )
        if not self.waiting:  # only that it was done had not been noted
            self.files, self.phase = [], Phase.IDLE
            self._keep()
            return
        self.changed.emit()
        self.restored.emit(len(self.waiting))
        await self._look_at(tuple(self.files))

    def close(self) -> None:
        """Keep what is unfinished for the next sitting; call it before the jobs are stopped."""
        self._closed = True
        self._jobs.happened.disconnect(self._happened)
        self._jobs.changed.disconnect(self._jobs_changed)
        self.reader.close()
        self.preview.close()
        left = self._unfinished()
        self._keeper.close(left)
        if left is None:
            forget_pasted(self._pasted)

    def _keep(self) -> None:
        """Note in the background what another sitting would have to know."""
        self._keeper.keep(self._unfinished())

    def _unfinished(self) -> BatchPlan | None:
        if self.phase is Phase.IDLE or self._begun_with is None:
            return None
        return BatchPlan(settings=self._begun_with, items=tuple(file.item() for file in self.files))


def _wanted(file: BatchFile, settings: BatchSettings) -> Path:
    folder = settings.folder_for(file.source, own=file.own)
    return folder / settings.name_for(file.source, file.format, file.size)


def _megapixels(size: Size | None) -> float:
    return size.width * size.height / _MEGA if size is not None else 0.0
