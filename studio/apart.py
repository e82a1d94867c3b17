"""Calling functions in a process of their own, within limits of time and memory.

Decoders of files from anywhere run there: one that a broken file brings down, or keeps busy for
ever, takes nobody with it.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psutil

_SECONDS_TO_START = 60.0
_BUSY = 0.5
"""A call that had less than this share of its time on a processor was kept waiting by others."""


class ApartError(Exception):
    """The process ended in the middle of a call."""


class RanOut(ApartError):  # noqa: N818 - what happened, not a fault of the program
    """The call took too long. ``waited``: mostly because the computer was busy with others."""

    def __init__(self, waited: bool) -> None:
        super().__init__()
        self.waited = waited


class Apart:
    """A process that starts with the first call and anew when a call has ended it.

    ``modules`` are imported when it starts, so that no call waits for that; ``memory``: bytes that
    it may take (on Linux and macOS), 0 = no limit. Not for several threads at once.
    """

    def __init__(self, modules: Sequence[str], *, memory: int = 0) -> None:
        self._modules = tuple(modules)
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def call(self, function: str, *arguments: Any, seconds: float, **named: Any) -> Any:
        """What "module:name" returns; what it raises is raised here.

        ``seconds`` by the clock; the start of the process does not count. Raises RanOut and
        ApartError; everything must be picklable.
        """
        process = self._ready()
        watch = _Watch(process, seconds)
        try:
            assert process.stdin is not None
            pickle.dump((function, arguments, named, seconds), process.stdin)
            process.stdin.flush()
            worked, answer = _received(process)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            watch.end()
            self._end()
            raise (RanOut(watch.waited) if watch.ran_out else ApartError()) from error
        except BaseException:  # interrupted in the middle of an answer
            self._end()
            raise
        finally:
            watch.end()
        if not worked:
            raise answer
        return answer

    def close(self) -> None:
        """End the process, whatever it does, from any thread; no call starts another."""
        self._closed = True
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    @property
    def peak_memory(self) -> int:
        """Bytes that the process has held at most, 0 where it has ended or nobody counts them."""
        with contextlib.suppress(psutil.Error, OSError):
            if self._process is not None:
                return _peak(self._process.pid)
        return 0

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()  # something ended it while it was idle
        return self._process or self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise ApartError
            process = self._process = self._new_process()
        watch = _Watch(process, _SECONDS_TO_START)
        try:
            _received(process)  # it says when its modules are there
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self._end()
            raise ApartError from error
        finally:
            watch.end()
        return process

    def _new_process(self) -> subprocess.Popen[bytes]:
        home = Path(__file__).resolve().parents[1]
        paths = [str(home), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.Popen(
            [sys.executable, "-m", "studio.apart_process", str(self._memory), *self._modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where decoders complain
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class _Watch:
    """Ends a process when the time is over, by the clock: a person waits by the clock."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.ran_out = self.waited = False
        self._process = process
        self._seconds = seconds
        self._begun = self._computed()
        self._timer = threading.Timer(seconds, self._stop)
        self._timer.name = "reading watch"
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        self._timer.join()

    def _stop(self) -> None:
        self.waited = self._computed() - self._begun < _BUSY * self._seconds
        self.ran_out = True
        self._process.kill()

    def _computed(self) -> float:
        with contextlib.suppress(psutil.Error, OSError):
            return _computed(psutil.Process(self._process.pid))
        return 0.0


def _computed(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


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


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
