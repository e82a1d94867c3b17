"""Seconds of a picture from a cold start, and what the loop and the previews add to the network."""

import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.contract.events import Failed, Finished, Produced, Started, Stepped
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest, Preview
from studio.document.presets import PRESETS
from tests.benchmarks.table import Row

if TYPE_CHECKING:
    from torch import nn

    from studio.engine.families.landscape import Landscape
    from studio.engine.library import ModelLibrary

_PROMPT = "a mountain lake at sunset"
_SIZE = Size(256, 256)
_PARTS = re.compile(r"sampling ([\d.]+) s and decoding ([\d.]+) s")


def cold_start(model: str, runs: int) -> Iterator[Row]:
    """The whole command, process and imports included; medians."""
    whole, painting = [], []
    with tempfile.TemporaryDirectory() as folder:
        line = [
            sys.executable,
            "-m",
            "studio",
            "generate",
            _PROMPT,
            "--model",
            model,
            "--seed",
            "1",
        ]
        line += ["--map", str(PRESETS[0].path), "--size", str(_SIZE), "-o", f"{folder}/x.png"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(runs):
            began = time.perf_counter()
            done = subprocess.run(line, capture_output=True, text=True, check=True)
            whole.append(time.perf_counter() - began)
            parts = _PARTS.search(done.stderr)
            assert parts, done.stderr
            painting.append(float(parts[1]) + float(parts[2]))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs
    note = f"median of {runs}, best {min(whole):.2f} s; processor time {processor:.2f} s"
    yield Row(what="generate from a cold start", value=statistics.median(whole), goal=8, unit="s",
              note=note)  # fmt: skip
    note = f"median of {runs}, best {min(painting):.2f} s"
    yield Row(what="  of which sampling and decoding", value=statistics.median(painting),
              goal=2.5, unit="s", note=note)  # fmt: skip


class _NetworkClock:
    """Seconds spent inside the bare network, between its first and last operation."""

    def __init__(self, network: "nn.Module") -> None:
        self.seconds = 0.0
        self._began = 0.0
        network.register_forward_pre_hook(self._start)
        network.register_forward_hook(self._stop)

    def _start(self, *_: object) -> None:
        self._began = time.perf_counter()

    def _stop(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began


def loop_and_previews(model: str, rounds: int) -> Iterator[Row]:
    """Jobs with and without previews in turn, in one process; medians of their ratios."""
    from studio.engine.generate import generate
    from studio.engine.library import ModelLibrary

    models = ModelLibrary()
    clock = _NetworkClock(_loaded(models, model).unet)
    request = GenerateRequest(
        model=model, prompt=_PROMPT, label_map=PRESETS[0].labels(), size=_SIZE, seed=1
    )

    def job(preview: Preview) -> tuple[float, float, float]:
        """Seconds in the network, in sampling, and from the first to the last step's event."""
        clock.seconds = began = ended = sampling = 0.0
        for event in generate(replace(request, preview=preview), models):
            match event:
                case Started():
                    began = time.perf_counter()
                case Stepped():
                    ended = time.perf_counter()
                case Finished():
                    sampling = event.sampling
                case Failed():
                    raise RuntimeError(f"{event.sentence}\n{event.details}")
                case Produced():
                    pass
        return clock.seconds, sampling, ended - began

    job(Preview.BOTH)  # the first one allocates
    loop, previews = [], []
    for _ in range(rounds):
        network, sampling, without = job(Preview.NONE)
        _, _, with_previews = job(Preview.BOTH)
        loop.append(100 * (sampling / network - 1))
        previews.append(100 * (with_previews / without - 1))
    note = f"median of {rounds}, {min(loop):.2f} to {max(loop):.2f}"
    yield Row(what="sampling loop over the bare network calls", value=statistics.median(loop),
              goal=3, unit="%", note=note)  # fmt: skip
    note = f"median of {rounds}, {min(previews):.2f} to {max(previews):.2f}"
    yield Row(what="previews of every step (x_t and x_0) on top",
              value=statistics.median(previews), goal=5, unit="%", note=note)  # fmt: skip


def _loaded(models: "ModelLibrary", model: str) -> "Landscape":
    getting = models.get(model)
    while True:
        try:
            next(getting)
        except StopIteration as done:
            return done.value
