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
from typing import TYPE_CHECKING, NamedTuple

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
_PAIRS_A_ROUND = 4
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
    """Jobs with and without previews in turn, in one process; medians of their ratios.

    Previews take hundredths of a job, less than a busy machine's own unrest: they are measured in
    more pairs of jobs, in both orders, and in processor time beside the time on the clock.
    """
    from studio.engine.generate import generate
    from studio.engine.library import ModelLibrary

    models = ModelLibrary()
    clock = _NetworkClock(_loaded(models, model).unet)
    request = GenerateRequest(
        model=model, prompt=_PROMPT, label_map=PRESETS[0].labels(), size=_SIZE, seed=1
    )

    def job(preview: Preview) -> _Cost:
        clock.seconds = sampling = 0.0
        began = ended = (0.0, 0.0)
        for event in generate(replace(request, preview=preview), models):
            match event:
                case Started():
                    began = time.perf_counter(), time.process_time()
                case Stepped():
                    ended = time.perf_counter(), time.process_time()
                case Finished():
                    sampling = event.sampling
                case Failed():
                    raise RuntimeError(f"{event.sentence}\n{event.details}")
                case Produced():
                    pass
        return _Cost(clock.seconds, sampling, ended[0] - began[0], ended[1] - began[1])

    job(Preview.BOTH)  # the first one allocates
    pairs = []
    for number in range(_PAIRS_A_ROUND * rounds):
        order = (Preview.NONE, Preview.BOTH) if number % 2 else (Preview.BOTH, Preview.NONE)
        costs = {preview: job(preview) for preview in order}
        pairs.append((costs[Preview.NONE], costs[Preview.BOTH]))
    loop = [_more(bare.sampling, bare.network) for bare, _ in pairs]
    yield _share("sampling loop over the bare network calls", loop, 3)
    processor = [_more(full.processor, bare.processor) for bare, full in pairs]
    yield _share("previews of every step (x_t and x_0), processor", processor, 5)
    wall = [_more(full.wall, bare.wall) for bare, full in pairs]
    yield _share("previews of every step (x_t and x_0), clock", wall, 5)


class _Cost(NamedTuple):
    """Seconds of a job: in the network, in sampling, and from the first to the last step's event
    on the clock and of the processors.
    """

    network: float
    sampling: float
    wall: float
    processor: float


def _more(value: float, than: float) -> float:
    return 100 * (value / than - 1)


def _share(what: str, percents: list[float], goal: float) -> Row:
    low, middle, high = statistics.quantiles(percents, n=4)
    note = f"median of {len(percents)} pairs, half of them {low:.2f} to {high:.2f}"
    return Row(what=what, value=middle, goal=goal, unit="%", note=note)


def _loaded(models: "ModelLibrary", model: str) -> "Landscape":
    getting = models.get(model)
    while True:
        try:
            next(getting)
        except StopIteration as done:
            return done.value
