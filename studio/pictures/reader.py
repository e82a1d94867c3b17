"""Reading pictures in a process of their own, within limits of time and memory."""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from studio.pictures.picture import LARGEST_PIXELS, Picture, PictureError, PictureInfo

_SECONDS = 8.0
_SECONDS_PER_BYTE = 1 / 4e6
_STANDSTILL = 60.0
_BYTES_PER_PIXEL = 16
_PROGRAM_BYTES = 2**27
_LOOKS = 0.1


class PictureReader:
    """Reads like reading.py, but outlives whatever a file does to the decoders.

    The process starts with the first file and is started anew when a file has ended it. It may
    compute 8 s for a file, and 1 s more for every 4 MB of it; it may take ``memory`` bytes (on
    Linux and macOS), None = 16 for every pixel of ``largest``. Not for several threads at once.
    """

    def __init__(self, *, largest: int = LARGEST_PIXELS, memory: int | None = None) -> None:
        self._largest = largest
        self._memory = memory or _PROGRAM_BYTES + _BYTES_PER_PIXEL * largest
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path) -> Picture:
        """The picture in a file; raises PictureError with a sentence."""
        picture: Picture = self._ask(path, thumbnail_side=None, whole=True)
        picture.pixels.flags.writeable = False
        return picture

    def probe(self, path: Path, *, thumbnail_side: int | None = None) -> PictureInfo:
        """What the header says, and a thumbnail; raises PictureError with a sentence."""
        info: PictureInfo = self._ask(path, thumbnail_side=thumbnail_side, whole=False)
        return info

    def close(self) -> None:
        """End the process; the next file would start another."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def peak_memory(self) -> int:
        """Bytes that the process has held at most, 0 where it has ended or nobody counts them."""
        with contextlib.suppress(psutil.Error, OSError):
            if self._process is not None:
                return _peak(self._process.pid)
        return 0

    @property
    def computing_time(self) -> float:
        """Seconds that the process has computed since it started, 0 where it has ended."""
        with contextlib.suppress(psutil.Error, OSError):
            if self._process is not None:
                return _computed(psutil.Process(self._process.pid))
        return 0.0

    def _ask(self, path: Path, **what: Any) -> Any:
        if self._process is not None and self._process.poll() is not None:
            self.close()  # something ended it while it was idle
        process = self._process or self._start()
        watch = _Watch(process, _seconds_for(path))
        try:
            assert process.stdin is not None
            pickle.dump({"path": path, "largest": self._largest, **what}, process.stdin)
            process.stdin.flush()
            answer = _received(process)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.close()
            raise PictureError(_what_happened(path, watch.ran_out)) from error
        except BaseException:  # interrupted in the middle of an answer
            self.close()
            raise
        finally:
            watch.end()
        if isinstance(answer, PictureError):
            raise answer
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        home = Path(__file__).resolve().parents[2]
        paths = [str(home), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "studio.pictures.reading_process", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where decoders complain
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        return self._process


class _Watch:
    """Ends a process that computes too long, or stands still for a minute."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.ran_out = False
        self._process = process
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="reading watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with contextlib.suppress(psutil.Error, OSError):
            watched = psutil.Process(self._process.pid)
            # Its own time, not the clock's: on a busy machine a good file may take long.
            begun, standstill = _computed(watched), time.monotonic() + _STANDSTILL + self._seconds
            while not self._over.wait(_LOOKS):
                if _computed(watched) - begun > self._seconds or time.monotonic() > standstill:
                    self.ran_out = True
                    self._process.kill()
                    return


def _computed(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _seconds_for(path: Path) -> float:
    try:
        return _SECONDS + path.stat().st_size * _SECONDS_PER_BYTE
    except OSError:
        return _SECONDS


def _received(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    head, lengths = pickle.load(process.stdout)
    buffers = []
    for length in lengths:
        buffer = bytearray(length)
        if _filled(process.stdout, memoryview(buffer)) < length:
            raise EOFError
        buffers.append(buffer)
    return pickle.loads(head, buffers=buffers)


def _filled(stream: Any, view: memoryview) -> int:
    got = 0
    while got < len(view) and (count := stream.readinto(view[got:])):
        got += count
    return got


def _what_happened(path: Path, ran_out: bool) -> str:
    if ran_out:
        return f"“{path.name}” takes too long to read; it is probably damaged. Get a fresh copy."
    return f"“{path.name}” is so damaged that it brings its decoder down; get a fresh copy of it."


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
