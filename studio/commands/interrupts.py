"""Ctrl+C in a terminal: a job ends between two steps, where no file is half written."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """A flag for a job's ``cancel``, set by the first Ctrl+C; a second one interrupts at once.

    An exception out of nowhere could strike between making a file and the promise to remove it.
    Where interrupts are ignored, as in the background of a shell, or in another thread than the
    main one, nothing sets the flag.
    """
    cancel = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield cancel
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        cancel.set()

    signal.signal(signal.SIGINT, ask)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)
