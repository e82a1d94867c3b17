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
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO, NoReturn

from studio.app.orders import (
    NO_HELP,
    NO_JOB,
    Cancel,
    EngineReady,
    Generate,
    GoOn,
    Held,
    Help,
    Hold,
    Message,
    Preload,
    Upscale,
)
from studio.app.upscale_file import discard_unfinished, upscale_file
from studio.app.upscale_task import Upscaled, UpscaleEvent
from studio.contract.events import Cancelled, Event, Failed, Finished, Stepped
from studio.pictures.reader import PictureReader

_TERMINAL = (Finished, Upscaled, Cancelled, Failed)


class _Inbox:
    """Reads orders in a thread of its own, so that a cancel is seen while the engine computes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.orders: queue.SimpleQueue[Generate | Upscale | GoOn | Preload]
        self.orders = queue.SimpleQueue()
        self._stream = stream
        self._flags: dict[int, threading.Event] = {}
        self._held: set[int] = set()
        self.preload: Preload | None = None
        """The newest order of its kind: whoever wants another model does not wait for the last."""
        self._lock = threading.Lock()
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def flag(self, job: int) -> threading.Event:
        with self._lock:
            return self._flags.setdefault(job, threading.Event())

    def forget(self, job: int) -> None:
        with self._lock:
            self._flags.pop(job, None)
            self._held.discard(job)

    def held(self, job: int) -> bool:
        """Whether the job was to be laid aside; asking takes the wish back."""
        with self._lock:
            held = job in self._held
            self._held.discard(job)
            return held

    def _read(self) -> None:
        while True:
            try:
                order = pickle.load(self._stream)
            except (EOFError, OSError):
                # The window is gone, or wants this to be over: nothing here is worth finishing,
                # and what computes or loads at the moment could take its time.
                discard_unfinished()
                os._exit(0)
            if isinstance(order, Cancel):
                self.flag(order.job).set()
            elif isinstance(order, Hold):
                with self._lock:
                    self._held.add(order.job)
            else:
                if isinstance(order, Preload):
                    self.preload = order
                self.orders.put(order)


class EngineProcess:
    """Runs orders one after the other and writes every event as a message."""

    def __init__(self, engine_name: str, orders: BinaryIO, messages: BinaryIO) -> None:
        self._messages = messages
        self._inbox = _Inbox(orders)
        self._engine_name = engine_name
        self._engine: Any = None
        self._models: Any = None
        self._reader = PictureReader()
        self._laid_aside: dict[int, Iterator[Event | UpscaleEvent]] = {}

    def run(self) -> NoReturn:
        """Serve orders until the window closes their pipe."""
        while True:
            match self._inbox.orders.get():
                case Preload() as order:
                    self._preload(order)
                case Generate() as order:
                    self._follow(order.job, self._events(partial(self._generated, order)))
                case Upscale() as order:
                    self._follow(order.job, self._events(partial(self._upscaled, order)))
                case GoOn(job=job):
                    self._follow(job, self._laid_aside.pop(job))

    def _follow(self, job: int, events: Iterator[Event | UpscaleEvent]) -> None:
        """Tell a job's events until it ends or is to be laid aside."""
        for event in events:
            self._say(job, _light(event))
            if isinstance(event, _TERMINAL):
                self._inbox.forget(job)
            elif self._inbox.held(job):
                self._laid_aside[job] = events
                self._say(job, Held())
                return

    def _say(self, job: int, content: Event | UpscaleEvent | Held | EngineReady) -> None:
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

    def _preload(self, order: Preload) -> None:
        try:
            self._ready_engine(order.help)
            model = self._loaded(order)
            if model is None:
                return
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

    def _loaded(self, order: Preload) -> Any:
        """The model, its progress told on the way; None when another is wanted meanwhile."""
        with closing(self._models.get(order.model)) as loading:
            while self._inbox.preload is order:
                try:
                    self._say(NO_JOB, next(loading))
                except StopIteration as done:
                    return done.value
        return None

    def _generated(self, order: Generate) -> Iterator[Event]:
        self._ready_engine(order.help)
        flag = self._inbox.flag(order.job)
        events: Iterator[Event] = self._engine.generate(order.request, self._models, flag)
        return events

    def _upscaled(self, order: Upscale) -> Iterator[Event | UpscaleEvent]:
        self._ready_engine(NO_HELP)
        upscaling = importlib.import_module(f"{self._engine_name}.upscaling.upscale")
        flag = self._inbox.flag(order.job)
        return upscale_file(order.task, self._reader, upscaling.upscale, self._models, flag)

    def _events(
        self, begin: Callable[[], Iterator[Event | UpscaleEvent]]
    ) -> Iterator[Event | UpscaleEvent]:
        """The engine's events, with exactly one terminal event at the end whatever happens."""
        try:
            for event in begin():
                yield event
                if isinstance(event, _TERMINAL):
                    return
        except Exception as error:
            yield _failure(error)
            return
        yield Failed(
            sentence="The engine stopped without finishing the picture.",
            action="Try again.",
        )


def _light(event: Event | UpscaleEvent) -> Event | UpscaleEvent:
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
            action="Choose a smaller size and try again.",
            details=details,
        )
    # a ModelError of the engine, which can't be imported here before torch
    if sentence := getattr(error, "sentence", ""):
        return Failed(sentence=sentence, action=getattr(error, "action", ""), details=details)
    return Failed(
        sentence=f"The engine could not do it ({type(error).__name__}).",
        action="Try again.",
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
