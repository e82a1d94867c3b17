"""How fast pictures are enlarged, beside a network of Real-ESRGAN's size, and in what memory."""

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.table import Row
from tests.real_window import PROJECT

if TYPE_CHECKING:
    from studio.engine.library import ModelLibrary


def upscaling(model: str, rounds: int, side: int = 128, largest: int = 1024) -> Iterator[Row]:
    """Faithful at ``side`` and four times that beside the other network, and how time and memory
    grow up to ``largest``, all in pixels a side of the small picture.
    """
    for small in (side, 4 * side):
        yield beside_rrdbnet(model, rounds, small)
    yield growth(model, rounds, side, largest)
    yield memory(model, largest)


def beside_rrdbnet(model: str, rounds: int, side: int) -> Row:
    """Both in turn, in the same precision; the median of the ratios."""
    import torch

    from studio.engine.library import ModelLibrary
    from studio.engine.upscaling.model import fast_dtype
    from tests.benchmarks.rrdbnet import rrdbnet

    models = ModelLibrary()
    pixels = picture(side)
    enlarge(models, model, pixels)  # the first one loads and allocates
    device, dtype = models.device.device, fast_dtype(models.device)
    other = rrdbnet().to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    given = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].to(device, dtype)
    given = given.contiguous(memory_format=torch.channels_last)
    ratios, ours, theirs = [], [], []
    for number in range(rounds + 1):
        seconds = enlarge(models, model, pixels)
        began = time.perf_counter()
        with torch.inference_mode():
            other(given)
        if device.type == "cuda":
            torch.cuda.synchronize()
        if number:  # theirs allocates in the first round
            ours.append(seconds)
            theirs.append(time.perf_counter() - began)
            ratios.append(ours[-1] / theirs[-1])
    note = (
        f"median of {rounds}; {statistics.median(ours):.2f} s beside "
        f"{statistics.median(theirs):.2f} s, {dtype}".replace("torch.", "")
    )
    return Row(what=f"Faithful {side} -> {4 * side} over one RRDBNet pass",
               value=statistics.median(ratios), goal=0.6, unit="x", note=note)  # fmt: skip


def growth(model: str, rounds: int, small: int, large: int) -> Row:
    """Time per megapixel of a large result over that of a small one, in turn."""
    from studio.engine.library import ModelLibrary

    models = ModelLibrary()
    enlarge(models, model, picture(small))
    ratios, each = [], []
    for _ in range(rounds):
        # as many small ones as make up a noticeable time
        quick = statistics.median(enlarge(models, model, picture(small)) for _ in range(5))
        slow = enlarge(models, model, picture(large))
        each.append((quick * 1e6 / (4 * small) ** 2, slow * 1e6 / (4 * large) ** 2))
        ratios.append(100 * (each[-1][1] / each[-1][0] - 1))
    quick, slow = (statistics.median(values) for values in zip(*each, strict=True))
    note = f"median of {rounds}; {quick:.2f} and {slow:.2f} s a megapixel"
    return Row(what=f"time per megapixel, {4 * small} to {4 * large} a side",
               value=statistics.median(ratios), goal=10, unit="%", note=note)  # fmt: skip


def memory(model: str, side: int) -> Row:
    """Peak of a process above what it holds with the model loaded (Linux)."""
    line = [sys.executable, "-m", "tests.benchmarks.upscaling", model, str(side)]
    done = subprocess.run(line, cwd=PROJECT, capture_output=True, text=True, check=True)
    peak = json.loads(done.stdout)["peak"]
    return Row(what=f"peak memory of {4 * side}x{4 * side} above the model", value=peak / 1e9,
               goal=1.5, unit="GB")  # fmt: skip


def picture(side: int) -> np.ndarray:
    """Some picture uint8 [side, side, 3]."""
    return np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)


def enlarge(models: "ModelLibrary", model: str, pixels: np.ndarray) -> float:
    """Seconds of a whole job with its events; RuntimeError when it fails."""
    from studio.contract.events import Failed
    from studio.contract.upscaling import UpscaleRequest
    from studio.engine.upscaling.upscale import upscale

    began = time.perf_counter()
    for event in upscale(UpscaleRequest(pixels=pixels, model=model), models):
        if isinstance(event, Failed):
            raise RuntimeError(f"{event.sentence}\n{event.details}")
    return time.perf_counter() - began


def _status(key: str) -> int:
    """Bytes of a line of /proc/self/status."""
    found = re.search(rf"^{key}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _measure_memory(model: str, side: int) -> None:
    from studio.engine.library import ModelLibrary

    models = ModelLibrary()
    enlarge(models, model, picture(16))
    large = picture(side)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _status("VmRSS")
    enlarge(models, model, large)
    print(json.dumps({"peak": _status("VmHWM") - before}))


if __name__ == "__main__":
    _measure_memory(sys.argv[1], int(sys.argv[2]))
