"""A process that reads pictures for another: orders come in on stdin, answers go out on stdout.

A decoder that a broken file brings down, or keeps busy for ever, takes nobody with it.
"""

import contextlib
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from studio.pictures.picture import PictureError


def main(memory: int) -> None:
    """Serve until stdin ends. ``memory``: bytes that the process may take, 0 = no limit."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the parent's affair
    if memory:
        _limit(memory)
    while order := _next_order(sys.stdin.buffer):
        _serve(order, answers)


def _serve(order: dict[str, Any], answers: BinaryIO) -> None:
    try:
        answer: Any = _answer(**order)
    except PictureError as problem:
        answer = problem
    # Out of band, so that large arrays are not copied once more.
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(answer, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    pickle.dump((head, [raw.nbytes for raw in raws]), answers)
    for raw in raws:
        answers.write(raw)
    answers.flush()


def _next_order(stream: BinaryIO) -> dict[str, Any] | None:
    try:
        order: dict[str, Any] = pickle.load(stream)
    except EOFError:
        return None
    return order


def _answer(path: Path, largest: int, thumbnail_side: int | None, whole: bool) -> Any:
    from studio.pictures.reading import probe_picture, read_picture

    if whole:
        return read_picture(path, largest=largest)
    return probe_picture(path, thumbnail_side=thumbnail_side, largest=largest)


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):  # a system that does not do this
        # What is written to, not what is mapped: libraries map far more than they use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(int(sys.argv[1]))
