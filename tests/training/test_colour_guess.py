"""The guess of a map from colours learns what it is shown."""

from pathlib import Path

import numpy as np
import torch

from studio.contract.materials import BY_KEY, UNLABELLED
from studio.document.formats.photograph import labels_from_colours
from studio.training.colour_guess import examples, fitted, photographed, write_guess
from studio.training.data import LABELS
from studio.worlds.render import render


def test_a_green_sky_over_red_water_can_be_learnt(tmp_path: Path) -> None:
    picture = np.full((64, 64, 3), (40, 200, 60), np.uint8)
    picture[30:] = (200, 40, 30)
    labels = np.full((64, 64), BY_KEY["sky"].id, np.uint8)
    labels[30:] = BY_KEY["water"].id
    rng = np.random.default_rng(0)
    parts = [examples(picture, labels, rng) for _ in range(24)]
    x, y = (torch.from_numpy(np.concatenate(part)) for part in zip(*parts, strict=True))
    write_guess(fitted(x, y.long(), epochs=12), tmp_path / "guess.npz")
    guessed = labels_from_colours(picture, tmp_path / "guess.npz")
    assert (guessed == labels).mean() > 0.9


def test_the_bundled_guess_finds_most_of_a_world() -> None:
    worlds = render(range(3, 7), (128, 128))
    right = [(labels_from_colours(world.image) == world.labels).mean() for world in worlds]
    assert np.mean(right) > 0.5
    assert min(right) > 0.3


def test_unlabelled_pixels_teach_nothing() -> None:
    picture, labels = np.zeros((32, 32, 3), np.uint8), np.full((32, 32), UNLABELLED, np.uint8)
    labels[:16] = LABELS[3]
    x, y = examples(picture, labels, np.random.default_rng(0))
    assert len(x) == len(y)
    assert 0 < len(y) < 400
    assert set(y) == {3}


def test_another_camera_takes_another_picture() -> None:
    picture = np.full((8, 8, 3), (90, 120, 160), np.uint8)
    taken = photographed(picture, np.random.default_rng(0))
    assert taken.dtype == np.uint8
    assert (taken != picture).any()
