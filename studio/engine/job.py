"""What is known of a job while it runs, and how it can end before its time."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from studio.contract.events import CancelFlag
from studio.contract.request import GenerateRequest


class CancelledError(Exception):
    """The cancel flag was found set."""


class BrokenError(Exception):
    """The denoiser returned values that are no numbers."""


@dataclass(kw_only=True)
class Job:
    """What is known of a job while it runs; times in seconds. ``changes`` are taken back when it
    ends.
    """

    request: GenerateRequest
    cancel: CancelFlag | None
    began: float = field(default_factory=time.perf_counter)
    produced: int = 0
    steps_done: int = 0
    sampling: float = 0.0
    decoding: float = 0.0
    changes: ExitStack = field(default_factory=ExitStack)

    def check(self) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise CancelledError

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.began

    def remaining(self, steps_of_all: int) -> float:
        """Supposes that what is left takes as long as what is done; a first picture's decoding,
        of which nothing is known yet, counts as one step.
        """
        left = steps_of_all - self.steps_done
        per_step = self.sampling / max(self.steps_done, 1)
        per_decoding = self.decoding / self.produced if self.produced else per_step
        return left * per_step + (self.request.count - self.produced) * per_decoding
