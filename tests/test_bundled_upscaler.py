"""The bundled upscaler, as a person uses it."""

import re

import numpy as np
import pytest

from studio.contract.places import MODELS
from studio.contract.upscaling import (
    DEFAULT_UPSCALER,
    BandDone,
    UpscaleFinished,
    UpscaleMode,
    UpscaleRequest,
)
from studio.engine.library import ModelLibrary
from studio.engine.upscaling.upscale import upscale
from studio.training.upscaling.evaluation import UpscalerReport, held_out, measure
from studio.training.upscaling.pictures import KINDS

FOLDER = MODELS / DEFAULT_UPSCALER
BUDGET_BYTES = 8 * 2**20


@pytest.fixture(scope="module")
def models() -> ModelLibrary:
    return ModelLibrary(device="cpu")


@pytest.fixture(scope="module")
def report(models: ModelLibrary) -> UpscalerReport:
    pictures = [(kind, real) for kind, real in held_out(len(KINDS)) if kind != "gradients"]
    return measure(FOLDER, pictures, models)


def enlarged(models: ModelLibrary, pixels: np.ndarray, **more) -> np.ndarray:
    events = list(upscale(UpscaleRequest(pixels=pixels, **more), models))
    assert isinstance(events[-1], UpscaleFinished), events[-1]
    bands = [event.pixels for event in events if isinstance(event, BandDone)]
    return np.concatenate(bands).astype(int)


def test_the_weights_stay_within_their_budget() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.safetensors")) <= BUDGET_BYTES


def test_faithful_beats_bicubic_and_lanczos(report: UpscalerReport) -> None:
    def psnr(given: str, method: str) -> float:
        return report.value(given, "PSNR-Y, dB", method)

    assert psnr("clean", "Faithful") >= psnr("clean", "bicubic") + 0.7
    assert psnr("clean", "Faithful") >= psnr("clean", "Lanczos") + 0.5
    assert psnr("damaged", "Faithful") >= psnr("damaged", "bicubic") + 0.7


def test_vivid_is_as_sharp_as_the_real_pictures(report: UpscalerReport) -> None:
    assert 0.7 < report.value("clean", "gradient ratio, high band", "Vivid") < 1.2


def test_colours_stay(report: UpscalerReport) -> None:
    for given in ("clean", "damaged"):
        for method in ("Faithful", "Vivid"):
            assert report.value(given, "colour drift, Delta E 2000", method) <= 1.0


@pytest.mark.parametrize("mode", UpscaleMode)
def test_a_tiles_border_cannot_be_seen_on_a_gradient(models, mode) -> None:
    """Steps at the borders are at most 1/255 above those of the same gradient without tiles."""
    y, x = np.mgrid[:150, :150]
    pixels = np.stack([x, y, (x + y) / 2], 2)
    pixels = (40 + pixels * 150 / 150).round().astype(np.uint8)
    tiled = enlarged(models, pixels, mode=mode, tile=64)
    whole = enlarged(models, pixels, mode=mode, tile=400)
    inside = np.s_[32:-32, 32:-32]
    for axis in (0, 1):
        steps = [np.abs(np.diff(made[inside], axis=axis)).max() for made in (tiled, whole)]
        assert steps[0] <= steps[1] + 1


def test_tiles_agree_with_the_whole(models) -> None:
    pixels = KINDS["leaves"](np.random.default_rng(5), 160)
    tiled, whole = (enlarged(models, pixels, tile=tile) for tile in (64, 400))
    assert np.abs(tiled - whole).mean() < 0.1
    assert (np.abs(tiled - whole) <= 2).mean() > 0.99


def test_the_card_says_how_it_was_made_and_measured() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for what in (
        "Data",
        "Recipe",
        "seed",
        "steps",
        "Hardware",
        "Licence",
        "sheets/upscale-x4.webp",
    ):
        assert what in card
    rows = re.findall(r"^\| (clean|damaged) \| ([^|]+?) \|", card, re.MULTILINE)
    assert {
        (given, name)
        for given in ("clean", "damaged")
        for name in ("PSNR-Y, dB", "SSIM", "gradient ratio, high band",
                     "colour drift, Delta E 2000")
    } <= set(rows)  # fmt: skip
