"""The engine's own process: orders come in on stdin, messages go out on stdout, both pickled.

A process and not a thread, because importing torch holds Python's lock for a third of a second at a
time, which a person who is already painting would see, and because a process that the system kills
for its memory must not take the painting with it.
"""

import importlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, NoReturn

from studio.app.orders import NO_JOB, Cancel, EngineReady, Generate, Help, Message, Preload
from studio.contract.events import Cancelled, Event, Failed, Finished, Stepped

_TERMINAL = (Finished, Cancelled, Failed)


class _Inbox:
    """Reads orders in a thread of its own, so that a cancel is seen while the engine computes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.orders: queue.SimpleQueue[Generate | Preload] = queue.SimpleQueue()
        self._stream = stream
        self._flags: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def flag(self, job: int) -> threading.Event:
        with self._lock:
            return self._flags.setdefault(job, threading.Event())

    def forget(self, job: int) -> None:
        with self._lock:
            self._flags.pop(job, None)

    def _read(self) -> None:
        while True:
            try:
                order = pickle.load(self._stream)
            except (EOFError, OSError):
                # The window is gone, or wants this to be over: nothing here is worth finishing,
                # and what computes or loads at the moment could take its time.
                os._exit(0)
            if isinstance(order, Cancel):
                self.flag(order.job).set()
            else:
                self.orders.put(order)


class EngineProcess:
    """Runs orders one after the other and writes every event as a message."""

    def __init__(self, engine_name: str, orders: BinaryIO, messages: BinaryIO) -> None:
        self._messages = messages
        self._inbox = _Inbox(orders)
        self._engine_name = engine_name
        self._engine: Any = None
        self._models: Any = None

    def run(self) -> NoReturn:
        """Serve orders until the window closes their pipe."""
        while True:
            match self._inbox.orders.get():
                case Preload(model=model, help=help_given):
                    self._preload(model, help_given)
                case Generate(job=job) as order:
                    self._generate(order)
                    self._inbox.forget(job)

    def _say(self, job: int, content: Event | EngineReady) -> None:
        pickle.dump(Message(job=job, content=content), self._messages, pickle.HIGHEST_PROTOCOL)
        self._messages.flush()

    def _ready_engine(self, help_given: Help) -> None:
        if self._models is None:
            library = importlib.import_module(f"{self._engine_name}.library")
            self._engine = importlib.import_module(f"{self._engine_name}.generate")
            self._models = library.ModelLibrary()
        self._models.prediction = help_given.prediction
        self._models.word_lists = help_given.word_lists
        self._models.parts = help_given.parts

    def _preload(self, name: str, help_given: Help) -> None:
        try:
            self._ready_engine(help_given)
            model = self._loaded(name)
            defaults = model.config.defaults
            self._say(
                NO_JOB,
                EngineReady(
                    model=model.config.name,
                    device=self._models.device.title,
                    steps=defaults.steps,
                    guidance=defaults.guidance,
                    sampler=defaults.sampler,
                    spacing=defaults.spacing,
                ),
            )
        except Exception as error:
            self._say(NO_JOB, _failure(error))

    def _loaded(self, name: str) -> Any:
        """The model, its progress told on the way."""
        loading = self._models.get(name)
        while True:
            try:
                self._say(NO_JOB, next(loading))
            except StopIteration as done:
                return done.value

    def _generate(self, order: Generate) -> None:
        for event in self._events(order):
            self._say(order.job, _light(event))

    def _events(self, order: Generate) -> Iterator[Event]:
        """The engine's events, with exactly one terminal event at the end whatever happens."""
        try:
            self._ready_engine(order.help)
            flag = self._inbox.flag(order.job)
            for event in self._engine.generate(order.request, self._models, flag):
                yield event
                if isinstance(event, _TERMINAL):
                    return
        except Exception as error:
            yield _failure(error)
            return
        yield Failed(
            sentence="The engine stopped without finishing the picture.",
            action="Press Generate to try again.",
        )


def _light(event: Event) -> Event:
    """The event without what the window never looks at: a step's latents."""
    if isinstance(event, Stepped):
        return replace(event, x_t=event.x_t[:0], x_0=event.x_0[:0])
    return event


def _failure(error: Exception) -> Failed:
    """The one catch of the product: a sentence, something to do, and the rest folded away."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        return Failed(
            sentence="There is not enough memory for a picture of this size.",
            action="Choose a smaller size and press Generate.",
            details=details,
        )
    # a ModelError of the engine, which can't be imported here before torch
    if sentence := getattr(error, "sentence", ""):
        return Failed(sentence=sentence, action=getattr(error, "action", ""), details=details)
    return Failed(
        sentence=f"The engine could not do it ({type(error).__name__}).",
        action="Press Generate to try again.",
        details=details,
    )


def main(engine_name: str) -> NoReturn:
    """Serve one window until it goes away."""
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like a message
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the window's affair
    EngineProcess(engine_name, sys.stdin.buffer, messages).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
