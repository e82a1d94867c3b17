"""Painting is hard-edged, stays inside the reported region and does what its name says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from studio.document import painting
from studio.document.painting import Dab
from studio.document.region import NOWHERE, Region

coordinates = st.floats(-20, 84, allow_nan=False)
sizes = st.floats(0.2, 60)


def blank(height=64, width=64):
    return np.zeros((height, width), np.uint8)


@given(coordinates, coordinates, coordinates, coordinates, sizes, sizes)
def test_a_segment_paints_only_its_label_and_only_in_its_region(x0, y0, x1, y1, s0, s1):
    labels = blank(48, 64)
    region = painting.paint_segment(labels, Dab(x0, y0, s0), Dab(x1, y1, s1), 7)
    assert set(np.unique(labels)) <= {0, 7}
    outside = labels.copy()
    outside[region.slices] = 0
    assert not outside.any()


def test_a_dab_is_the_disc_of_its_diameter():
    labels = blank()
    painting.paint_segment(labels, Dab(32, 32, 21), Dab(32, 32, 21), 1)
    y, x = np.mgrid[:64, :64] + 0.5
    assert np.array_equal(labels == 1, (x - 32) ** 2 + (y - 32) ** 2 <= 10.5**2)


def test_a_long_segment_has_the_area_of_a_capsule():
    labels = np.zeros((400, 400), np.uint8)
    painting.paint_segment(labels, Dab(60, 80, 30), Dab(340, 290, 30), 1)
    assert labels.sum() == pytest.approx(350 * 30 + np.pi * 15**2, rel=0.01)


def test_pressure_tapers_a_segment():
    labels = blank(100, 200)
    painting.paint_segment(labels, Dab(20, 50, 4), Dab(180, 50, 40), 1)
    assert labels[:, 30].sum() < labels[:, 100].sum() < labels[:, 170].sum()


@given(coordinates, coordinates, coordinates, coordinates)
def test_the_thinnest_line_is_unbroken(x0, y0, x1, y1):
    labels = np.zeros((140, 140), np.uint8)
    shift = 25
    painting.paint_line(labels, (x0 + shift, y0 + shift), (x1 + shift, y1 + shift), 1, 1)
    _, pieces = ndimage.label(labels, structure=np.ones((3, 3)))
    assert pieces == 1


def test_strokes_outside_the_map_touch_nothing():
    labels = blank()
    assert painting.paint_line(labels, (-50, -50), (-40, 90), 10, 1) == NOWHERE
    assert painting.fill_polygon(labels, [(-9, -9), (-5, -9), (-5, -2)], 1) == NOWHERE
    assert painting.flood_fill(labels, 64, 3, 1) == NOWHERE
    assert not labels.any()


def test_a_polygon_fills_by_the_even_odd_rule_and_without_new_labels():
    labels = blank()
    region = painting.fill_polygon(labels, [(10, 10), (50, 10), (50, 40), (10, 40)], 9)
    assert np.count_nonzero(labels) == pytest.approx(40 * 30, abs=75)
    assert set(np.unique(labels)) == {0, 9}
    assert region & Region(10, 10, 50, 40) == Region(10, 10, 50, 40)
    star = blank()
    points = [
        (32 + 30 * np.sin(i * 4 * np.pi / 5), 32 - 30 * np.cos(i * 4 * np.pi / 5)) for i in range(5)
    ]
    painting.fill_polygon(star, points, 1)
    assert star[32, 32] == 0
    assert star[12, 32] == 1
    assert painting.fill_polygon(star, points[:2], 5) == NOWHERE


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.integers(1, 40), st.integers(1, 40))
def test_flood_fill_finds_the_connected_area(seed, density, height, width):
    rng = np.random.default_rng(seed)
    labels = (rng.random((height, width)) < density).astype(np.uint8)
    y, x = int(rng.integers(height)), int(rng.integers(width))
    pieces, _ = ndimage.label(labels == labels[y, x])
    expected = np.where(pieces == pieces[y, x], 5, labels)
    region = painting.flood_fill(labels, x + 0.5, y + 0.5, 5)
    assert np.array_equal(labels, expected)
    assert region == Region.of(labels == 5)


def test_flood_fill_follows_a_long_snake():
    labels = np.zeros((256, 256), np.uint8)
    for row in range(2, 256, 4):
        labels[row, slice(0, 255) if row % 8 == 2 else slice(1, 256)] = 1
    free = int((labels == 0).sum())
    painting.flood_fill(labels, 0, 0, 3)
    assert (labels == 3).sum() == free


def test_replace_and_pick():
    labels = blank()
    labels[4:9, 10:20] = 3
    assert painting.pick(labels, 10.5, 4.2) == 3
    assert painting.pick(labels, -0.1, 4) is None
    assert painting.pick(labels, 64, 4) is None
    assert painting.replace(labels, 3, 8) == Region(10, 4, 20, 9)
    assert not (labels == 3).any()
    assert painting.replace(labels, 77, 8) == NOWHERE
