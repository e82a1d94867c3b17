import numpy as np
import pytest
from PIL import Image

from studio.engine.library import ModelLibrary
from studio.training.upscaling.damage import small_bicubic
from studio.training.upscaling.evaluation import METHODS, measure
from studio.training.upscaling.figures import band_strengths, colour_drift, psnr_y, ssim_y
from studio.training.upscaling.pictures import KINDS


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    return KINDS["leaves"](np.random.default_rng(0), 128)


def test_a_picture_equals_itself(real):
    assert psnr_y(real, real) == 60
    assert ssim_y(real, real) == pytest.approx(1)


def test_psnr_is_that_of_a_known_error():
    grey = np.full((32, 32, 3), 100, np.uint8)
    # one step of grey is 219 / 255 steps of luma
    expected = 20 * np.log10(255 / (10 * 219 / 255))
    assert psnr_y(grey + 10, grey) == pytest.approx(expected, abs=1e-3)


def test_ssim_falls_with_blur_and_noise(real):
    small = small_bicubic(real)
    blurred = np.asarray(Image.fromarray(small).resize((128, 128), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, 60, real.shape)
    noisy = (real + noise).clip(0, 255).astype(np.uint8)
    assert 0 < ssim_y(noisy, real) < 0.9
    assert 0 < ssim_y(blurred, real) < 0.9


def test_bicubic_has_lost_the_finest_band(real):
    small = small_bicubic(real)
    blurred = np.asarray(Image.fromarray(small).resize((128, 128), Image.Resampling.BICUBIC))
    ratio = band_strengths(blurred) / band_strengths(real)
    assert ratio[0] < 0.4
    assert ratio[2] > 0.6


def test_drift_is_seen(real):
    small = small_bicubic(real)
    blurred = np.asarray(Image.fromarray(small).resize((128, 128), Image.Resampling.BICUBIC))
    assert colour_drift(blurred, small) < 0.5
    assert colour_drift((blurred * 0.9).astype(np.uint8), small) > 1


def test_the_report_holds_every_method_and_input(tiny_upscaler, real):
    lines = KINDS["lines"](np.random.default_rng(0), 64)
    pictures = [("leaves", real[:64, :64]), ("lines", lines)]
    report = measure(tiny_upscaler, pictures, ModelLibrary(device="cpu"))
    for given in ("clean", "damaged"):
        for method in METHODS:
            mean = report.value(given, "PSNR-Y, dB", method)
            kinds = [report.value(given, f"PSNR-Y of {k}, dB", method) for k in ("leaves", "lines")]
            assert mean == pytest.approx(np.mean(kinds))
            assert 5 < mean < 40
    assert report.value("clean", "PSNR-Y, dB", "bicubic") > report.value(
        "clean", "PSNR-Y, dB", "nearest"
    )
    table = report.as_table()
    assert table.count("\n") == len(report.rows) + 1
    assert "Faithful >= bicubic + 0.7" in table
