"""What the window tells the engine's process, and what it hears back besides the events."""

from dataclasses import dataclass
from pathlib import Path

from studio.app.upscale_task import UpscaleEvent, UpscaleTask
from studio.contract.events import Event
from studio.contract.request import GenerateRequest


@dataclass(frozen=True, kw_only=True)
class Help:
    """What a model's files leave out: eps or v, folders with word lists, and where its ``parts``
    may lie (LoRA files and the like).
    """

    prediction: str | None = None
    word_lists: tuple[Path, ...] = ()
    parts: tuple[Path, ...] = ()


NO_HELP = Help()


@dataclass(frozen=True, kw_only=True)
class Preload:
    """Read a model now, so that the first picture need not wait for it."""

    model: str
    help: Help = NO_HELP


@dataclass(frozen=True, kw_only=True, eq=False)
class Generate:
    """Do one job; its events come back with the same number."""

    job: int
    request: GenerateRequest
    help: Help = NO_HELP


@dataclass(frozen=True, kw_only=True, eq=False)
class Upscale:
    """Enlarge one file; its events come back with the same number, its pixels go to the disk."""

    job: int
    task: UpscaleTask


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Lay a job aside after its next event, so that others can be done; answered with Held."""

    job: int


@dataclass(frozen=True, kw_only=True)
class GoOn:
    """Take up a job that was laid aside."""

    job: int


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Stop a job before its next network call."""

    job: int


Order = Preload | Generate | Upscale | Hold | GoOn | Cancel

NO_JOB = 0


@dataclass(frozen=True, kw_only=True)
class EngineReady:
    """The model is in memory. ``device`` in words; the rest are the model's own defaults."""

    model: str
    device: str
    steps: int
    guidance: float
    sampler: str
    spacing: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """The job is laid aside, everything it has computed kept."""


@dataclass(frozen=True, kw_only=True)
class EngineLost:
    """The engine's process ended although nobody asked it to; ``details`` is what it last said."""

    details: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Message:
    """One thing heard from the engine's process; ``job`` is NO_JOB outside jobs."""

    job: int
    content: Event | UpscaleEvent | Held | EngineReady | EngineLost
