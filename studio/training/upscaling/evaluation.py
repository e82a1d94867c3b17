"""What an upscaler is worth, measured on pictures it has never seen."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from studio.contract.events import Failed
from studio.contract.upscaling import NATIVE_SCALE, BandDone, UpscaleMode, UpscaleRequest
from studio.engine.library import ModelLibrary
from studio.engine.upscaling.upscale import upscale
from studio.training.upscaling.damage import damaged, small_bicubic
from studio.training.upscaling.figures import band_strengths, colour_drift, psnr_y, ssim_y
from studio.training.upscaling.pictures import KINDS

HELD_OUT_SEED = 0
"""First seed of the evaluation; training's pictures have seeds from 2,000,000 on."""

SIDE = 256
REPAIR = 0.5
"""What the models are told of every damaged picture: the middle of the slider."""

METHODS = ("nearest", "bicubic", "Lanczos", "Faithful", "Vivid")
_KERNELS = {
    "nearest": Image.Resampling.NEAREST,
    "bicubic": Image.Resampling.BICUBIC,
    "Lanczos": Image.Resampling.LANCZOS,
}
_HIGH, _MIDDLE = 0, 1

GOALS = {
    ("clean", "PSNR-Y, dB"): "Faithful >= bicubic + 0.7 and >= Lanczos + 0.5",
    ("damaged", "PSNR-Y, dB"): "Faithful >= bicubic + 1",
    ("clean", "gradient ratio, high band"): "Vivid 0.8-1.1",
    ("clean", "colour drift, Delta E 2000"): "<= 1.0",
    ("damaged", "colour drift, Delta E 2000"): "<= 1.0",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure of every method, on one kind of input ("clean" or "damaged")."""

    given: str
    name: str
    values: tuple[float, ...]

    @property
    def goal(self) -> str:
        """What is to be reached."""
        return GOALS.get((self.given, self.name), "")


@dataclass(frozen=True)
class UpscalerReport:
    """All figures of one model, in the order of the card."""

    rows: list[Row] = field(default_factory=list)

    def value(self, given: str, name: str, method: str) -> float:
        """One figure; KeyError when it was not measured."""
        for row in self.rows:
            if (row.given, row.name) == (given, name):
                return row.values[METHODS.index(method)]
        raise KeyError(f"{given}: {name}")

    def as_table(self) -> str:
        """A Markdown table."""
        lines = [
            f"| input | measure | {' | '.join(METHODS)} | to reach |",
            "|---|---|" + "---|" * (len(METHODS) + 1),
        ]
        for row in self.rows:
            cells = " | ".join(f"{value:.3f}" for value in row.values)
            lines.append(f"| {row.given} | {row.name} | {cells} | {row.goal} |")
        return "\n".join(lines)


def evaluate_upscaler(
    folder: Path, *, count: int = 48, device: str | None = None
) -> UpscalerReport:
    """Measure the model in ``folder`` on about ``count`` held-out pictures."""
    return measure(folder, held_out(count), ModelLibrary(device=device))


def held_out(count: int) -> list[tuple[str, np.ndarray]]:
    """Kind and picture; as many of each kind, ``count`` in all or a few more."""
    pictures = []
    for place, (kind, make) in enumerate(KINDS.items()):
        for number in range(-(-count // len(KINDS))):
            seed = HELD_OUT_SEED + 1000 * place + number
            pictures.append((kind, make(np.random.default_rng(seed), SIDE)))
    return pictures


def small_ones(picture: np.ndarray, number: int) -> Iterable[tuple[str, np.ndarray, float]]:
    """How an evaluated picture is made small: the kind of input, the picture, the repair level."""
    rng = np.random.default_rng(number)
    yield "clean", small_bicubic(picture), 0.0
    yield "damaged", damaged(picture, rng, rng.random()), REPAIR


def enlarged(
    models: ModelLibrary, folder: Path, small: np.ndarray, mode: UpscaleMode, repair: float
) -> np.ndarray:
    """Four times as large; ValueError says what went wrong."""
    request = UpscaleRequest(
        pixels=small, model=str(folder), mode=mode, strength=1.0, repair=repair, seed=1
    )
    bands = []
    for event in upscale(request, models):
        if isinstance(event, Failed):
            raise ValueError(f"{event.sentence} {event.action}")
        if isinstance(event, BandDone):
            bands.append(event.pixels)
    return np.concatenate(bands)


def methods(models: ModelLibrary, folder: Path) -> Mapping[str, Callable]:
    """Every method of METHODS: a function of a small picture and a repair level."""

    def resize(kernel: Image.Resampling) -> Callable:
        def run(small: np.ndarray, repair: float) -> np.ndarray:
            size = small.shape[1] * NATIVE_SCALE, small.shape[0] * NATIVE_SCALE
            return np.asarray(Image.fromarray(small).resize(size, kernel))

        return run

    def network(mode: UpscaleMode) -> Callable:
        def run(small: np.ndarray, repair: float) -> np.ndarray:
            return enlarged(models, folder, small, mode, repair)

        return run

    return {
        **{name: resize(kernel) for name, kernel in _KERNELS.items()},
        "Faithful": network(UpscaleMode.FAITHFUL),
        "Vivid": network(UpscaleMode.VIVID),
    }


def measure(
    folder: Path, pictures: list[tuple[str, np.ndarray]], models: ModelLibrary
) -> UpscalerReport:
    """Every figure over pictures uint8 [H, W, 3], whose sides are multiples of 16, by kind."""
    found: dict[tuple[str, str, str], list] = defaultdict(list)
    run = methods(models, folder)
    for number, (kind, real) in enumerate(tqdm(pictures, desc="held-out pictures")):
        for given, small, repair in small_ones(real, number):
            for method in METHODS:
                made = run[method](small, repair)
                found[given, f"PSNR-Y of {kind}, dB", method].append(psnr_y(made, real))
                found[given, "SSIM", method].append(ssim_y(made, real))
                found[given, "drift", method].append(colour_drift(made, small))
                found[given, "made", method].append(band_strengths(made))
                found[given, "real", method].append(band_strengths(real))
    report = UpscalerReport()
    kinds = list(dict.fromkeys(kind for kind, _ in pictures))
    for given in ("clean", "damaged"):
        _fill(report, given, found, kinds)
    return report


def _fill(report: UpscalerReport, given: str, found: Mapping, kinds: list[str]) -> None:
    def add(name: str, value: Callable[[str], float]) -> None:
        report.rows.append(Row(given=given, name=name, values=tuple(map(value, METHODS))))

    def ratio(method: str, band: int) -> float:
        made = torch.stack(found[given, "made", method]).mean(0)
        real = torch.stack(found[given, "real", method]).mean(0)
        return float(made[band] / real[band])

    def psnr(of: list[str]) -> Callable[[str], float]:
        return lambda method: fmean(
            value for kind in of for value in found[given, f"PSNR-Y of {kind}, dB", method]
        )

    add("PSNR-Y, dB", psnr(kinds))
    for kind in kinds:
        add(f"PSNR-Y of {kind}, dB", psnr([kind]))
    add("SSIM", lambda method: fmean(found[given, "SSIM", method]))
    add("gradient ratio, high band", lambda method: ratio(method, _HIGH))
    add("gradient ratio, middle band", lambda method: ratio(method, _MIDDLE))
    add("colour drift, Delta E 2000", lambda method: fmean(found[given, "drift", method]))
