"""A process that calls functions for another: calls come in on stdin, answers go out on stdout."""

import contextlib
import importlib
import math
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

_GRACE = 2.0

_Call = tuple[str, tuple[Any, ...], dict[str, Any], float]
"""A function, its arguments, and the seconds that it may take."""


def main(memory: int, modules: Sequence[str]) -> None:
    """Serve until stdin ends. ``memory``: bytes that the process may take, 0 = no limit."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the parent's affair
    for module in modules:
        importlib.import_module(module)
    if memory:
        _limit_memory(memory)
    _send(answers, "ready")
    while (call := _next_call(sys.stdin.buffer)) is not None:
        function, arguments, named, seconds = call
        _limit_time(seconds)
        _send(answers, _called(function, arguments, named))


def _called(function: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[bool, Any]:
    """Whether it worked, and what came of it."""
    module, _, name = function.partition(":")
    try:
        return True, getattr(importlib.import_module(module), name)(*arguments, **named)
    except Exception as error:  # whatever it is, it is the caller's to judge
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return False, error


def _send(answers: BinaryIO, answer: Any) -> None:
    # Out of band, so that large arrays are not copied once more.
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(answer, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    pickle.dump((head, [raw.nbytes for raw in raws]), answers)
    for raw in raws:
        answers.write(raw)
    answers.flush()


def _next_call(stream: BinaryIO) -> _Call | None:
    try:
        call: _Call = pickle.load(stream)
    except EOFError:
        return None
    return call


def _limit_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):  # a system that does not do this
        # What is written to, not what is mapped: libraries map far more than they use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """The caller ends a call that takes too long; but a caller can be ended itself.

    Libraries may compute in as many threads as there are processors.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = (seconds + _GRACE) * (os.cpu_count() or 1)
    until = math.ceil(used.ru_utime + used.ru_stime + allowed)
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (until, most))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
