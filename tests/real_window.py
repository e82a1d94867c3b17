"""The studio in a real window on a virtual display, driven from outside as a person drives it."""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from PIL import Image, ImageGrab

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parent.parent
TITLE = "Latent Studio"
_START_SECONDS = 10.0


class VirtualDisplay:
    """Xvfb on a display number that it finds free itself; ``name`` is what DISPLAY takes."""

    def __init__(self, width: int = 1440, height: int = 900) -> None:
        program = shutil.which("Xvfb")
        if program is None:
            raise RuntimeError(
                "The window tests need Xvfb and xdotool; on Debian or Ubuntu type: "
                "sudo apt-get install xvfb xdotool xkb-data"
            )
        reading, writing = os.pipe()
        try:
            self._process = subprocess.Popen(
                [program, "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24",
                 "-nolisten", "tcp", "-noreset"],
                pass_fds=[writing], stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
        finally:
            os.close(writing)
        with os.fdopen(reading) as number:
            ready, _, _ = select.select([number], [], [], _START_SECONDS)
            text = number.readline().strip() if ready else ""
        if not text:
            self._process.kill()
            _, complaint = self._process.communicate()
            raise RuntimeError(f"Xvfb did not start: {complaint.strip()}")
        self.name = f":{text}"

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()


class RealWindow:
    """``python -m studio`` with its own settings folder, and the hands and eyes of a person.

    ``start`` returns the seconds until the window was on the display. Positions are pixels from
    the window's upper left corner.
    """

    def __init__(self, display: VirtualDisplay, home: Path) -> None:
        self._display = display
        self.home = home
        self.environment = {
            **os.environ,
            "DISPLAY": display.name,
            "QT_QPA_PLATFORM": "xcb",
            "LATENT_STUDIO_HOME": str(home),
            "PYTHONPATH": str(PROJECT),
        }
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.process: subprocess.Popen[bytes] | None = None
        self.id = ""
        self._errors: IO[bytes] | None = None

    def start(self, *arguments: str) -> float:
        self.home.mkdir(parents=True, exist_ok=True)
        self._errors = (self.home / "stderr.txt").open("wb")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studio", *arguments],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        self.id = self.wait_for(self._find, "the window")
        took = time.monotonic() - began
        self.do("windowfocus", "--sync", self.id)
        return took

    def _find(self) -> str:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the studio ended with {self.process.returncode}: {self.said()}")
        pid = str(self.process.pid)
        found = self.do("search", "--onlyvisible", "--all", "--pid", pid, "--name", TITLE)
        return found.split("\n")[0]

    def do(self, *command: str) -> str:
        """Let xdotool do something on the display; what it printed."""
        done = subprocess.run(
            ["xdotool", *command], env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def key(self, *keys: str) -> None:
        """Press keys such as ``ctrl+Return``, one after the other."""
        self.do("key", "--delay", "40", *keys)

    def type(self, text: str) -> None:
        self.do("type", "--delay", "20", text)

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.do("mousemove", "--window", self.id, str(x), str(y), "click", str(button))

    def drag(self, *points: tuple[int, int]) -> None:
        """Press at the first point, pass the others, release at the last."""
        (x, y), *others = points
        moves = ["mousemove", "--window", self.id, str(x), str(y), "mousedown", "1"]
        for x, y in others:
            moves += ["mousemove", "--window", self.id, str(x), str(y), "sleep", "0.02"]
        self.do(*moves, "mouseup", "1")

    def screenshot(self) -> Image.Image:
        """What the whole display shows now, RGB."""
        return ImageGrab.grab(xdisplay=self._display.name).convert("RGB")

    def said(self) -> str:
        """What the studio printed as errors so far."""
        return (self.home / "stderr.txt").read_text(errors="replace")

    def wait_for(self, look: Callable[[], T], what: str, seconds: float = 30.0) -> T:
        """The first true result of ``look``; AssertionError if there is none in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.02)
        raise AssertionError(f"{what} did not appear within {seconds:g} s; {self.said()}")

    def close(self, seconds: float = 10.0) -> int:
        """Close the window with its own key; the studio's exit status."""
        assert self.process is not None
        self.key("ctrl+q")
        return self.process.wait(seconds)

    def terminate(self, seconds: float = 10.0) -> int:
        """End the studio as a closing session does; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Make sure that nothing keeps running, whatever the test did."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._errors is not None:
            self._errors.close()
