"""The one worker thread: it keeps an engine process alive and listens to it."""

import threading
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal

from studio.app.engine_link import EngineLink
from studio.app.mailbox import Mailbox
from studio.app.orders import EngineLost, Message, Order

_STACK_BYTES = 16 * 2**20  # macOS gives secondary threads half a megabyte
_PATIENCE = 2.0  # seconds; the window promises to be gone within five


class EngineWorker(QThread):
    """Starts the engine when the first order comes, and again after it was lost.

    ``told`` is emitted (from the worker's thread) when the mailbox was empty and no longer is;
    connect it to a bound slot of an object of the GUI thread and call ``mailbox.take`` there.
    Arrays in messages are read-only.
    """

    told = Signal()

    def __init__(
        self, log_file: Path, engine_name: str = "studio.engine", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.setStackSize(_STACK_BYTES)
        self.setObjectName("engine worker")
        self.mailbox = Mailbox()
        self._engine_name = engine_name
        self._log_file = log_file
        self._link: EngineLink | None = None
        self._wanted = threading.Event()
        self._stopping = False

    @property
    def engine_pid(self) -> int | None:
        return self._link.pid if self._link is not None else None

    def send(self, order: Order) -> None:
        """Give an order; returns at once. After ``stop`` nobody is there to take it."""
        if self._stopping:
            return
        if self._link is None:
            self._link = EngineLink(self._engine_name, self._log_file)
            self._wanted.set()
            if not self.isRunning():
                self.start()
        self._link.send(order)

    def lost(self) -> None:
        """The GUI thread has seen EngineLost: the next order starts a new process."""
        if self._link is not None:
            self._link.close(patience=0)
            self._link = None

    def stop(self) -> None:
        """Cancel what runs, end the process and the thread; at most five seconds."""
        self._stopping = True
        if self._link is not None:
            self._link.close(_PATIENCE)
        self._wanted.set()
        self.wait()
        self._link = None

    def run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            link = self._link
            if link is None or self._stopping:
                return
            self._listen(link)
            link.release()
            if self._stopping:
                return

    def _listen(self, link: EngineLink) -> None:
        while (message := link.read()) is not None:
            _freeze(message.content)
            self._post(message)
            if isinstance(message.content, EngineLost):
                return

    def _post(self, message: Message) -> None:
        if self.mailbox.put(message):
            self.told.emit()


def _freeze(value: Any) -> None:
    """Make every array inside a message read-only; pickle forgets that it was."""
    for item in fields(value):
        inner = getattr(value, item.name)
        if isinstance(inner, np.ndarray):
            inner.flags.writeable = False
        elif is_dataclass(inner):
            _freeze(inner)
