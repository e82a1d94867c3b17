"""The queue of jobs: one runs, the others wait; every job ends with exactly one terminal event."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from PySide6.QtCore import QObject, Signal, Slot

from studio.app.orders import (
    NO_HELP,
    NO_JOB,
    Cancel,
    EngineLost,
    EngineReady,
    Generate,
    GoOn,
    Held,
    Help,
    Hold,
    Message,
    Order,
    Preload,
    Upscale,
)
from studio.app.upscale_task import FileStarted, TileShown, Upscaled, UpscaleEvent, UpscaleTask
from studio.app.worker import EngineWorker
from studio.contract.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Started,
    Stepped,
)
from studio.contract.request import GenerateRequest

_LOST = "The engine stopped unexpectedly, perhaps for want of memory."
_LOST_ACTION = "Close other programs or choose a smaller size, then try again."


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    LOADING = "loading"
    RUNNING = "running"
    HELD = "held"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(eq=False)
class Job:
    """One press of Generate, or one file to enlarge.

    A job that was ``begun`` is taken up again where it was laid aside; one that ``rests`` was laid
    aside by the person and does not go on by itself.
    """

    id: int
    request: GenerateRequest | UpscaleTask
    help: Help = NO_HELP
    state: State = State.WAITING
    cancelling: bool = False
    holding: bool = False
    begun: bool = False
    rests: bool = False

    @property
    def upscales(self) -> bool:
        return isinstance(self.request, UpscaleTask)

    @property
    def over(self) -> bool:
        return self.state in (State.FINISHED, State.CANCELLED, State.FAILED)


class Jobs(QObject):
    """Feeds the worker one job at a time and turns its messages into signals.

    A picture that is asked for while a file is enlarged comes first: the file is laid aside after
    its tile and taken up again afterwards.

    ``happened(job, event)`` carries every event of every job, the terminal one included;
    ``changed()`` follows whenever the queue or a state differs; ``loading(event)`` is a model being
    read outside a job, ``ready(EngineReady)`` its end, ``refused(Failed)`` its failure.
    """

    happened = Signal(object, object)
    changed = Signal()
    loading = Signal(object)
    ready = Signal(object)
    refused = Signal(object)

    def __init__(self, worker: EngineWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._numbers = count(NO_JOB + 1)
        self._waiting: list[Job] = []
        self.current: Job | None = None
        self.preloading = False
        worker.told.connect(self._collect)

    @property
    def waiting(self) -> tuple[Job, ...]:
        return tuple(self._waiting)

    @property
    def busy(self) -> bool:
        return self.current is not None

    @property
    def pictures(self) -> tuple[Job, ...]:
        """The jobs that make pictures of words and maps, the running one first."""
        jobs = (*filter(None, [self.current]), *self._waiting)
        return tuple(job for job in jobs if not job.upscales)

    @property
    def picture(self) -> Job | None:
        """The first of ``pictures``: it runs, or will as soon as a tile is done."""
        return next(iter(self.pictures), None)

    def preload(self, model: str, help_given: Help = NO_HELP) -> None:
        """Let the engine read a model in the background."""
        self.preloading = True
        self._worker.send(Preload(model=model, help=help_given))
        self.changed.emit()

    def add(self, request: GenerateRequest | UpscaleTask, help_given: Help = NO_HELP) -> Job:
        """Queue a job; it starts at once if nothing else runs."""
        job = Job(next(self._numbers), request, help_given)
        self._enqueue(job)
        self._advance()
        self.changed.emit()
        return job

    def hold(self, job: Job) -> None:
        """Lay an enlarging job aside after its tile, until ``go_on``."""
        job.rests = True
        if job is self.current:
            self._hold_current()
        self.changed.emit()

    def go_on(self, job: Job) -> None:
        """Let a job that was held go on where it stood."""
        job.rests = False
        self._advance()
        self.changed.emit()

    def cancel(self, job: Job) -> None:
        """Take a waiting job out of the queue, or stop the running one within a step."""
        if job in self._waiting and not job.begun:
            self._waiting.remove(job)
            self._end(job, Cancelled(count=0))
            self.changed.emit()
        elif not job.over and not job.cancelling:
            job.cancelling, job.rests = True, False
            self._worker.send(Cancel(job=job.id))
            self._advance()  # one that was laid aside has to be taken up to end
            self.changed.emit()

    def cancel_picture(self) -> None:
        """Stop the picture that runs, or that will next."""
        if self.picture is not None:
            self.cancel(self.picture)

    def cancel_all(self) -> None:
        for job in (*self.waiting, *filter(None, [self.current])):
            self.cancel(job)

    def stop(self) -> None:
        """End everything; afterwards every job is over and the worker's thread has ended."""
        self.cancel_all()
        self._worker.stop()
        self._collect()
        left = [*self._waiting, *filter(None, [self.current])]
        self._waiting, self.current = [], None
        for job in left:
            self._end(job, Cancelled(count=0))

    @Slot()
    def _collect(self) -> None:
        for message in self._worker.mailbox.take():
            self._hear(message)

    def _hear(self, message: Message) -> None:
        content = message.content
        if isinstance(content, EngineLost):
            self._lost(content)
        elif isinstance(content, EngineReady):
            self.preloading = False
            self.ready.emit(content)
            self.changed.emit()
        elif message.job == NO_JOB:
            self._heard_outside(content)
        elif self.current is not None and message.job == self.current.id:
            self._heard_in(self.current, content)

    def _heard_outside(self, event: object) -> None:
        if isinstance(event, Loading):
            self.loading.emit(event)
        elif isinstance(event, Failed):
            self.preloading = False
            self.refused.emit(event)
            self.changed.emit()

    def _heard_in(self, job: Job, event: Event | UpscaleEvent | Held) -> None:
        if isinstance(event, Finished | Upscaled | Cancelled | Failed):
            self.current = None
            self._end(job, event)
            self._advance()
            self.changed.emit()
            return
        if isinstance(event, Held):
            self._laid_aside(job)
            return
        before = job.state
        if isinstance(event, Loading):
            job.state = State.LOADING
        elif isinstance(event, Started | Stepped | FileStarted | TileShown):
            job.state = State.RUNNING
        self.happened.emit(job, event)
        if job.state is not before:
            self.changed.emit()

    def _enqueue(self, job: Job) -> None:
        """Pictures come before files, each kind in its own order."""
        place = len(self._waiting)
        if not job.upscales:
            place = next((i for i, other in enumerate(self._waiting) if other.upscales), place)
            if self.current is not None and self.current.upscales:
                self._hold_current()
        self._waiting.insert(place, job)

    def _hold_current(self) -> None:
        if self.current is not None and not self.current.holding:
            self.current.holding = True
            self._worker.send(Hold(job=self.current.id))

    def _laid_aside(self, job: Job) -> None:
        self.current = None
        job.holding, job.state = False, State.HELD
        place = next((i for i, other in enumerate(self._waiting) if other.upscales), None)
        self._waiting.insert(len(self._waiting) if place is None else place, job)
        self._advance()
        self.changed.emit()

    def _end(self, job: Job, event: Finished | Upscaled | Cancelled | Failed) -> None:
        match event:
            case Finished() | Upscaled():
                job.state = State.FINISHED
            case Cancelled():
                job.state = State.CANCELLED
            case Failed():
                job.state = State.FAILED
        self.happened.emit(job, event)

    def _advance(self) -> None:
        ready = next((job for job in self._waiting if not job.rests), None)
        if self.current is None and ready is not None:
            self._waiting.remove(ready)
            self.current = ready
            self._worker.send(_order(ready))
            ready.begun = True

    def _lost(self, lost: EngineLost) -> None:
        self._worker.lost()
        for job in [job for job in self._waiting if job.begun]:
            self._waiting.remove(job)
            job.begun = False
            self._end(job, Failed(sentence=_LOST, action=_LOST_ACTION, details=lost.details))
        failed = Failed(sentence=_LOST, action=_LOST_ACTION, details=lost.details)
        if self.current is not None:
            self._heard_in(self.current, failed)
        else:
            self._heard_outside(failed)


def _order(job: Job) -> Order:
    if job.begun:
        return GoOn(job=job.id)
    if isinstance(job.request, UpscaleTask):
        return Upscale(job=job.id, task=job.request)
    return Generate(job=job.id, request=job.request, help=job.help)
