"""Features of a photograph's pixels."""

import numpy as np
import pytest

from studio.document.formats.colour_features import FEATURES, blurred, features


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (37, 3), (48, 64)])
def test_every_shape_has_finite_features(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    found = features(pixels)
    assert found.shape == (*shape, FEATURES)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_white_and_black_have_no_colour():
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    pixels[0] = 255
    lab = features(pixels)[..., :3]
    assert lab[0, 0] == pytest.approx([100 / 30, 0, 0], abs=0.01)
    assert lab[1, 0] == pytest.approx([0, 0, 0], abs=0.01)


def test_a_mirrored_picture_has_mirrored_features():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    sideways = 12  # the slope towards the right is the only feature that has a direction
    ours, theirs = features(pixels), features(pixels[:, ::-1])[:, ::-1]
    same = np.abs(ours - theirs).max(axis=(0, 1)) < 1e-3
    assert set(np.flatnonzero(~same)) == {sideways}


def test_blurring_is_the_mean_of_the_square_around():
    values = np.random.default_rng(0).random((9, 11)).astype(np.float32)
    around = np.pad(values, 2, mode="edge")
    assert blurred(values, 2)[3, 4] == pytest.approx(around[3:8, 4:9].mean(), abs=1e-6)
    assert blurred(values, 2)[0, 10] == pytest.approx(around[0:5, 10:15].mean(), abs=1e-6)
