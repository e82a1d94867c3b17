"""The files a person wants enlarged: one after the other, to be paused, cancelled and resumed."""

import contextlib
import logging
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.batch_file import BatchFile
from studio.app.finding import pictures_in
from studio.app.jobs import Job, Jobs
from studio.app.pasted import forget_pasted, keep_pasted
from studio.app.places import Places
from studio.app.saved_batch import (
    FileState,
    IfThere,
    SavedBatch,
    SavedFile,
    read_batch,
    write_batch,
)
from studio.app.settings import Settings
from studio.app.upscale_naming import format_for, free_name, target_for
from studio.app.upscale_task import (
    FileStarted,
    TileShown,
    Upscaled,
    UpscaleTask,
)
from studio.app.upscale_wishes import naming_of, options_of
from studio.contract.events import Cancelled, Failed, Loading
from studio.contract.geometry import Size
from studio.contract.upscaling import Region
from studio.pictures.picture import PictureError, PictureInfo
from studio.pictures.reader import PictureReader
from studio.saving import remove_leftovers

log = logging.getLogger(__name__)

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
    one of them differs; ``progressed(file, event)`` carries every event of the file in work and
    ``previewed(file, region, event)`` those of a region that is only looked at; ``refused(Failed)``
    says what could not be taken or kept. ``reader`` reads pictures in the background's thread;
    ``restored(waiting)`` that an earlier sitting left files
    unfinished.
    """

    changed = Signal()
    file_changed = Signal(object)
    progressed = Signal(object, object)
    previewed = Signal(object, object, object)
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
        self._journal = places.batch
        self._pasted = places.pasted
        self.reader = PictureReader()
        self.files: list[BatchFile] = []
        self.phase = Phase.IDLE
        self._plan: SavedBatch | None = None
        self._file: BatchFile | None = None
        self._job: Job | None = None
        self._preview: tuple[BatchFile, Region, Job] | None = None
        self._closed = False
        jobs.happened.connect(self._happened)
        jobs.changed.connect(self._jobs_changed)

    # What is asked for

    @property
    def waiting(self) -> list[BatchFile]:
        return [file for file in self.files if file.state is FileState.WAITING]

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

    @property
    def previewing(self) -> bool:
        return self._preview is not None

    def remaining(self) -> float | None:
        """Seconds until everything is done; None while nothing is known of the speed."""
        known = [f for f in self.files if f.made is not None and f.elapsed > 0 and f.fraction > 0]
        done = sum(_megapixels(f.made) * f.fraction for f in known)
        if not done:
            return None
        pace = sum(file.elapsed for file in known) / done
        options = self._plan.options if self._plan is not None else options_of(self._settings)
        left = sum(_megapixels(options.size_for(f.size)) for f in self.waiting if f.size)
        current = self._file.remaining if self._file is not None else None
        return left * pace + (current or 0.0)

    # Files come and go

    async def add(self, paths: Sequence[Path], *, own: bool = False) -> int:
        """Take files, and the pictures inside folders; how many came that were not there."""
        found = await self._background.run(pictures_in, list(paths))
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
            if file.state is FileState.WAITING and not self._closed:
                file.state, file.sentence = FileState.FAILED, str(error)
        else:
            file.size, file.format, file.thumbnail = info.size, info.format, info.thumbnail
        self.file_changed.emit(file)

    # Running

    async def already_there(self) -> list[Path]:
        """Files that exist where results of the waiting ones would be written."""
        options, naming = options_of(self._settings), naming_of(self._settings)
        waiting = list(self.waiting or self.files)

        def look() -> list[Path]:
            targets = [target_for(file, options, naming) for file in waiting]
            return [target for target in targets if target.exists()]

        return await self._background.run(look)

    def start(self, if_there: IfThere = IfThere.KEEP_BOTH) -> None:
        """Begin with the files that wait; where none waits, with all of them anew."""
        if self.phase is not Phase.IDLE or self._job is not None or not self.files:
            return
        self.cancel_preview()
        if not self.waiting:
            for file in self.files:
                file.begin_anew()
        for file in self.files:
            if file.state is FileState.WAITING:
                file.stop()
        self._plan = SavedBatch(
            options=options_of(self._settings),
            naming=naming_of(self._settings),
            if_there=if_there,
            files=(),
        )
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
        self.cancel_preview()
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
        assert self._plan is not None
        plan = self._plan
        while self._file is None and self.phase is Phase.RUNNING:
            file = next(iter(self.waiting), None)
            if file is None:
                self.phase = Phase.IDLE
                break
            self._aim(file, plan)
            if file.state is FileState.WAITING:
                self._begin(file, plan)
        self._keep()
        self.changed.emit()

    def _aim(self, file: BatchFile, plan: SavedBatch) -> None:
        """Decide where the result goes; never onto a file that nobody allowed to replace."""
        wanted = target_for(file, plan.options, plan.naming)
        taken = {other.target for other in self.files if other.state is FileState.DONE}
        if wanted in taken or wanted == file.source:
            file.target = free_name(wanted, taken)
        elif not wanted.exists() or plan.if_there is IfThere.REPLACE:
            file.target = wanted
        elif plan.if_there is IfThere.SKIP:
            file.state, file.target = FileState.SKIPPED, wanted
            file.sentence = f"“{wanted.name}” is there already."
            self.file_changed.emit(file)
        else:
            file.target = free_name(wanted, taken)

    def _begin(self, file: BatchFile, plan: SavedBatch) -> None:
        file.state = FileState.RUNNING
        self._file = file
        self._job = self._jobs.add(
            UpscaleTask(
                source=file.source,
                target=file.target,
                options=plan.options,
                format=format_for(file, plan.naming),
                quality=plan.naming.quality,
                replace=plan.if_there is IfThere.REPLACE,
            )
        )
        self.file_changed.emit(file)

    # Looking at a part before the whole is made

    def preview(self, file: BatchFile, region: Region) -> None:
        """Let the engine enlarge only ``region`` of a file; a newer wish replaces an older one."""
        self.cancel_preview()
        task = UpscaleTask(
            source=file.source, target=None, options=options_of(self._settings), region=region
        )
        self._preview = (file, region, self._jobs.add(task))
        self.changed.emit()

    def cancel_preview(self) -> None:
        if self._preview is not None:
            (_, _, job), self._preview = self._preview, None
            self._jobs.cancel(job)
            self.changed.emit()

    # What happens

    def _happened(self, job: Job, event: object) -> None:
        if self._preview is not None and job is self._preview[2]:
            self._preview_happened(event)
        elif self._file is not None and job is self._job:
            self._take(self._file, event)

    def _preview_happened(self, event: object) -> None:
        assert self._preview is not None
        file, region, _ = self._preview
        over = isinstance(event, Upscaled | Cancelled | Failed)
        if over:
            self._preview = None
        self.previewed.emit(file, region, event)
        if over:
            self.changed.emit()

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
                file.state = FileState.DONE
            case Cancelled():
                file.state = FileState.WAITING
                file.stop()
            case Failed():
                file.state = FileState.FAILED
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
        plan = await self._background.run(read_batch, self._journal)
        if plan is None or not plan.unfinished or self.files:
            return
        self._plan, self.phase = plan, Phase.PAUSED
        for row in plan.files:
            state = row.state
            if state is FileState.RUNNING:
                finished = await self._background.run(_was_finished, row, plan.if_there)
                state = FileState.DONE if finished else FileState.WAITING
            target = row.target if state is FileState.DONE else None
            self.files.append(
                BatchFile(row.source, row.own, target, state=state, sentence=row.sentence)
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
        left = self._unfinished()
        _write(self._journal, left)
        if left is None:
            forget_pasted(self._pasted)

    def _keep(self) -> None:
        """Write the journal in the background."""
        self._background.start(self._written())

    async def _written(self) -> None:
        if not self._closed:
            await self._background.run(_write, self._journal, self._unfinished())

    def _unfinished(self) -> SavedBatch | None:
        if self.phase is Phase.IDLE or self._plan is None:
            return None
        return SavedBatch(
            options=self._plan.options,
            naming=self._plan.naming,
            if_there=self._plan.if_there,
            files=tuple(file.saved() for file in self.files),
        )


def _megapixels(size: Size | None) -> float:
    return size.width * size.height / _MEGA if size is not None else 0.0


def _was_finished(file: SavedFile, if_there: IfThere) -> bool:
    """Whether a file was done before that could be noted; removes what was left half-written.

    A target that was free when the work began is there only when all of it was written.
    """
    if file.target is None:
        return False
    with contextlib.suppress(OSError):
        remove_leftovers(file.target)
    return if_there is not IfThere.REPLACE and file.target.exists()


def _write(journal: Path, plan: SavedBatch | None) -> None:
    try:
        write_batch(journal, plan)
    except OSError as error:
        log.warning("batch not kept: %s", error)
