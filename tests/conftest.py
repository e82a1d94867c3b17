"""What every test gets: a quiet offscreen Qt, one torch thread, and nothing left behind."""

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tqdm import tqdm

from tests.real_window import RealWindow, VirtualDisplay

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The tests' networks are too small to share; threads that wait for each other waste a busy core.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Derandomized, so that a red run is red again; no deadline, since a busy machine is no error.
settings.register_profile("studio", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("studio")

tqdm.monitor_interval = 0  # its thread outlives every bar and would be taken for a test's

# Threads that Qt, or libvips, starts for itself and keeps.
_QTS_OWN = (
    "QDBusConnection",
    "QXcbEventQueue",
    "Thread (pooled",
    "Thread (pooled)",
    "libvips worker",
)
_PATIENCE = 2.0
# What the offscreen platform says of every window that has a smallest size.
_OFFSCREENS_OWN = "This plugin does not support propagateSizeHints()"


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings and history of the person who runs it."""
    monkeypatch.setenv("LATENT_STUDIO_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves threads, timers or windows behind, or that makes Qt complain."""
    threads, native = set(_python_threads()), _qt_threads()
    messages = _qt_messages()
    yield
    problems = [f"Qt said: {message}" for message in messages]
    problems += _when_settled(lambda: [f"thread {t.name}" for t in _python_threads() - threads])
    problems += _when_settled(lambda: [f"Qt thread {n}" for n in _qt_threads() - native])
    if "PySide6.QtWidgets" in sys.modules:
        problems += _left_in_qt()
    if problems:
        pytest.fail("the test leaves behind: " + "; ".join(problems), pytrace=False)


def _when_settled(look: Any) -> list[str]:
    """What is still there after a moment: a thread that was told to end needs one."""
    until = time.monotonic() + _PATIENCE
    while (found := look()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def _python_threads() -> set[threading.Thread]:
    running = sys._current_frames()
    # A thread that Qt started stays listed here after its end; its stack does not.
    return {thread for thread in threading.enumerate() if thread.ident in running}


def _qt_threads() -> set[str]:
    """The system's threads that carry a name of their own, as every QThread does (Linux only)."""
    names = set()
    main = _named(Path("/proc/self"))
    for task in Path("/proc/self/task").glob("*"):
        name = _named(task)
        if name not in ("", main, *_QTS_OWN):
            names.add(f"{name} {task.name}")
    return names


def _named(task: Path) -> str:
    with contextlib.suppress(OSError):  # it has ended
        return (task / "comm").read_text().strip()
    return ""


_said: list[str] = []


def _qt_messages() -> list[str]:
    """The list that Qt's warnings of this test go to."""
    _said.clear()
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QtMsgType, qInstallMessageHandler

        def keep(kind: QtMsgType, _context: object, text: str) -> None:
            quiet = kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
            if not quiet and text != _OFFSCREENS_OWN:
                _said.append(text)

        qInstallMessageHandler(keep)
    return _said


def _left_in_qt() -> list[str]:
    from PySide6.QtCore import QEvent, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return []
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [
        f"window {type(widget).__name__}"
        for widget in application.topLevelWidgets()
        if widget.isVisible()
    ]
    timers = [
        thing
        for thing in gc.get_objects()
        # The type, since asking a lazy stand-in for its class would make it load.
        if issubclass(type(thing), QTimer) and isValid(thing)
    ]
    left += [f"timer of {timer.parent()}" for timer in timers if timer.isActive()]
    for widget in application.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    for timer in timers:
        timer.stop()
    return left


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model with random weights, small enough for tests."""
    from tests.tiny_model import write_tiny_model  # only tests that use it need torch

    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_upscaler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an upscaler with random weights, small enough for tests."""
    from tests.tiny_upscaler import write_tiny_upscaler

    return write_tiny_upscaler(tmp_path_factory.mktemp("upscalers") / "tiny-upscaler")


@pytest.fixture(scope="session")
def virtual_display() -> Iterator[VirtualDisplay]:
    """An X server without a screen, for the windows of a whole run."""
    display = VirtualDisplay()
    yield display
    display.close()


@pytest.fixture
def real_window(virtual_display: VirtualDisplay, tmp_path: Path) -> Iterator[RealWindow]:
    """The studio itself, started as a person starts it, its window on a virtual display."""
    window = RealWindow(virtual_display, home=tmp_path / "window-home")
    yield window
    window.end()
