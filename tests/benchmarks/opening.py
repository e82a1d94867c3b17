"""Seconds until the window can be used, and how smooth it stays while a picture is painted."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from tests.benchmarks.table import Row
from tests.real_window import PROJECT, VirtualDisplay


def window(model: str, runs: int, count: int, display: VirtualDisplay) -> Iterator[Row]:
    """Open the window ``runs`` times and paint ``count`` pictures each time."""
    reports = [probe(model, count, display) for _ in range(runs)]
    opened = [report["usable"] for report in reports]
    yield Row(what="window usable after the command", value=statistics.median(opened), goal=3,
              unit="s", note=f"median of {runs}, best {min(opened):.2f} s")  # fmt: skip
    gaps = sorted(gap for report in reports for gap in report["gaps"])
    worst = gaps[min(int(0.99 * len(gaps)), len(gaps) - 1)]
    yield Row(what="gap between 16 ms heartbeats while sampling, p99", value=worst, goal=33,
              unit="ms", note=f"{len(gaps)} beats, longest {gaps[-1]:.0f} ms")  # fmt: skip


def probe(model: str, count: int, display: VirtualDisplay) -> dict:
    """What one window's life was like, see window_probe."""
    surroundings = {
        **os.environ,
        "DISPLAY": display.name,
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONPATH": str(PROJECT),
    }
    surroundings.pop("WAYLAND_DISPLAY", None)
    with tempfile.TemporaryDirectory() as home:
        line = [sys.executable, "-m", "tests.benchmarks.window_probe", str(time.monotonic())]
        done = subprocess.run([*line, home, model, str(count)], env=surroundings, cwd=PROJECT,
                              capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    report = json.loads(done.stdout.splitlines()[-1])
    if "failed" in report:
        raise RuntimeError(report["failed"])
    return report
