"""Metrics against values that can be worked out by hand."""

import math

import pytest
import torch

from studio.training.metrics import Confusion, band_gradients, frechet_distance, psnr


def test_psnr_of_a_known_error() -> None:
    one = torch.zeros(1, 3, 8, 8)
    assert psnr(one, one + 0.2) == pytest.approx(20.0, abs=1e-4)  # error 0.1 of the 0..1 range
    assert psnr(one, one) == math.inf


def test_halving_the_contrast_halves_every_band() -> None:
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(band_gradients(images / 2) / band_gradients(images), torch.tensor(0.5))


def test_blur_takes_the_finest_band_first() -> None:
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(images, 3, 1, 1)
    ratio = band_gradients(blurred) / band_gradients(images)
    assert ratio[0] < ratio[1] < ratio[2] <= 1.01


def test_frechet_distance_of_gaussians() -> None:
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(20_000, 3, generator=generator)
    other = 2 * torch.randn(20_000, 3, generator=generator) + 1
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    # |mean|^2 = 3 and (2 - 1)^2 for each of three independent coordinates
    assert frechet_distance(one, other) == pytest.approx(6, rel=0.05)


def test_confusion_counts_only_labelled_pixels() -> None:
    confusion = Confusion(3)
    confusion.add(torch.tensor([0, 0, 1, 1, 3]), torch.tensor([0, 1, 1, 1, 0]))
    assert confusion.pixel_accuracy() == pytest.approx(3 / 4)
    assert confusion.iou() == pytest.approx({0: 1 / 2, 1: 2 / 3})
    assert confusion.mean_iou() == pytest.approx((1 / 2 + 2 / 3) / 2)
