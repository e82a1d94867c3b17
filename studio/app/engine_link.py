"""The window's end of the two pipes to the engine's process."""

import os
import pickle
import queue
import subprocess
import sys
import threading
from pathlib import Path

import studio
from studio.app.orders import NO_JOB, EngineLost, Message, Order

_LAST_WORDS = 4000


class EngineLink:
    """One running engine process.

    ``send`` never blocks: a thread of its own writes the orders. ``read`` blocks until the next
    message and is meant for one reading thread.
    """

    def __init__(self, engine_name: str, log_file: Path) -> None:
        self._log_file = log_file
        self._closing = False
        home = str(Path(studio.__file__).resolve().parent.parent)
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        with log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "studio.app.engine_process", engine_name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={
                    "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads starve a busy machine
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(paths),
                },
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="engine orders", daemon=True)
        self._writer.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, order: Order) -> None:
        self._orders.put(order)

    def read(self) -> Message | None:
        """The next message, an EngineLost if the process died, None once it was told to end."""
        assert self._process.stdout is not None
        try:
            message: Message = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            return None if self._closing else Message(job=NO_JOB, content=self._lost())
        return message

    def close(self, patience: float) -> None:
        """End the process, whatever it does: ask first, insist after ``patience`` seconds."""
        self._closing = True
        self._orders.put(None)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._writer.join()

    def release(self) -> None:
        """Close the pipes; only when nobody reads any more."""
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _write(self) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stream:
                while (order := self._orders.get()) is not None:
                    pickle.dump(order, stream, pickle.HIGHEST_PROTOCOL)
                    stream.flush()
        except OSError:
            return  # the process is gone; the reading side says so

    def _lost(self) -> EngineLost:
        code = self._process.wait()
        words = self._log_file.read_bytes()[-_LAST_WORDS:].decode(errors="replace").strip()
        return EngineLost(details=f"exit code {code}\n{words}".strip())
