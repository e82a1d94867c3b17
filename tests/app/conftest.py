"""A Qt event loop without a window, and the application layer over the engine without torch."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from studio.app.background import Background
from studio.app.jobs import Jobs
from studio.app.worker import EngineWorker

ENGINE = "tests.app.fake_engine"


class Loop:
    """Runs Qt and asyncio until something is so."""

    def __init__(self, loop: QEventLoop) -> None:
        self.loop = loop

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def until(self, look: Callable[[], object], seconds: float = 20.0) -> None:
        async def wait() -> None:
            deadline = time.monotonic() + seconds
            while not look():
                assert time.monotonic() < deadline, "it did not happen in time"
                await asyncio.sleep(0.005)

        self.run(wait())

    def rest(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))


@pytest.fixture(scope="session")
def application() -> QApplication:
    return QApplication.instance() or QApplication(["test"])


@pytest.fixture
def loop(application: QApplication) -> Iterator[Loop]:
    with QEventLoop(application) as event_loop:
        asyncio.set_event_loop(event_loop)
        yield Loop(event_loop)
    asyncio.set_event_loop(None)


@pytest.fixture
def background(loop: Loop) -> Iterator[Background]:
    made = Background()
    yield made
    loop.run(made.drained())
    made.close()


@pytest.fixture
def jobs(loop: Loop, tmp_path: Path) -> Iterator[Jobs]:
    worker = EngineWorker(tmp_path / "engine.log", ENGINE)
    made = Jobs(worker)
    yield made
    made.stop()
