"""A process that loads one published file and prints what that took, as one line of JSON."""

import json
import re
import sys
import time
from pathlib import Path

from studio.engine.device import choose
from studio.engine.families import opening


def main(path: Path) -> None:
    device = choose("cpu")  # measures the processor first, which is not loading
    before = _status("VmRSS")
    began = time.perf_counter()
    loading = opening.load_published(path, device)
    try:
        while True:
            next(loading)
    except StopIteration as done:
        model = done.value
    seconds = time.perf_counter() - began
    report = {
        "seconds": seconds,
        "peak": _status("VmHWM") - before,
        "own": _status("RssAnon"),
        "model": model.config.name,
    }
    print(json.dumps(report))


def _status(key: str) -> int:
    """Bytes, from what Linux tells of the process."""
    found = re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
