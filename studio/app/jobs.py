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
    Help,
    Message,
    Preload,
)
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


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    LOADING = "loading"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(eq=False)
class Job:
    """One press of Generate."""

    id: int
    request: GenerateRequest
    help: Help = NO_HELP
    state: State = State.WAITING
    cancelling: bool = False

    @property
    def over(self) -> bool:
        return self.state in (State.FINISHED, State.CANCELLED, State.FAILED)


class Jobs(QObject):
    """Feeds the worker one job at a time and turns its messages into signals.

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

    def preload(self, model: str, help_given: Help = NO_HELP) -> None:
        """Let the engine read a model in the background."""
        self.preloading = True
        self._worker.send(Preload(model=model, help=help_given))
        self.changed.emit()

    def add(self, request: GenerateRequest, help_given: Help = NO_HELP) -> Job:
        """Queue a job; it starts at once if nothing else runs."""
        job = Job(next(self._numbers), request, help_given)
        self._waiting.append(job)
        self._advance()
        self.changed.emit()
        return job

    def cancel(self, job: Job) -> None:
        """Take a waiting job out of the queue, or stop the running one within a step."""
        if job in self._waiting:
            self._waiting.remove(job)
            self._end(job, Cancelled(count=0))
            self.changed.emit()
        elif job is self.current and not job.cancelling:
            job.cancelling = True
            self._worker.send(Cancel(job=job.id))
            self.changed.emit()

    def cancel_current(self) -> None:
        if self.current is not None:
            self.cancel(self.current)

    def cancel_all(self) -> None:
        for job in self.waiting:
            self.cancel(job)
        self.cancel_current()

    def stop(self) -> None:
        """End everything; afterwards every job is over and the worker's thread has ended."""
        self.cancel_all()
        self._worker.stop()
        self._collect()
        if self.current is not None:
            job, self.current = self.current, None
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

    def _heard_outside(self, event: Event) -> None:
        if isinstance(event, Loading):
            self.loading.emit(event)
        elif isinstance(event, Failed):
            self.preloading = False
            self.refused.emit(event)
            self.changed.emit()

    def _heard_in(self, job: Job, event: Event) -> None:
        if isinstance(event, Finished | Cancelled | Failed):
            self.current = None
            self._end(job, event)
            self._advance()
            self.changed.emit()
            return
        before = job.state
        if isinstance(event, Loading):
            job.state = State.LOADING
        elif isinstance(event, Started | Stepped):
            job.state = State.RUNNING
        self.happened.emit(job, event)
        if job.state is not before:
            self.changed.emit()

    def _end(self, job: Job, event: Finished | Cancelled | Failed) -> None:
        match event:
            case Finished():
                job.state = State.FINISHED
            case Cancelled():
                job.state = State.CANCELLED
            case Failed():
                job.state = State.FAILED
        self.happened.emit(job, event)

    def _advance(self) -> None:
        if self.current is None and self._waiting:
            self.current = self._waiting.pop(0)
            job = self.current
            self._worker.send(Generate(job=job.id, request=job.request, help=job.help))

    def _lost(self, lost: EngineLost) -> None:
        self._worker.lost()
        failed = Failed(
            sentence="The engine stopped unexpectedly, perhaps for want of memory.",
            action="Close other programs or choose a smaller size, then press Generate.",
            details=lost.details,
        )
        if self.current is not None:
            self._heard_in(self.current, failed)
        else:
            self._heard_outside(failed)
