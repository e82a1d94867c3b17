"""Work that calls back, told as an iterator."""

import queue
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Callable[[T], None], Callable[[], None]], R]


class _LeftError(Exception):
    """Nobody iterates any more."""


def stepwise(work: Work[T, R], check: Callable[[], None]) -> Generator[T, None, R]:
    """Runs ``work(tell, check)`` in a thread and yields what it tells; returns what it returns and
    raises what it raises.

    ``work`` is handed a ``check`` that calls the given one, and raises as soon as the iteration
    has been closed; the thread has ended when closing returns.
    """
    box: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
    left = threading.Event()

    def checked() -> None:
        if left.is_set():
            raise _LeftError
        check()

    def run() -> None:
        try:
            box.put(("done", work(lambda told: box.put(("told", told)), checked)))
        except BaseException as error:  # handed on to whoever iterates
            box.put(("raised", error))

    thread = threading.Thread(target=run, name="pipeline", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = box.get()
            if kind == "done":
                return value  # type: ignore[return-value]
            if kind == "raised":
                raise value  # type: ignore[misc]
            yield value  # type: ignore[misc]
    finally:
        left.set()
        thread.join()
