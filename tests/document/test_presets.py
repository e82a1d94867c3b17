"""The example maps are there, paintable and different."""

import numpy as np
import pytest
from PIL import Image

from studio.contract.geometry import Size
from studio.contract.materials import BY_ID
from studio.contract.places import RESOURCES
from studio.document.label_map import size_of, used
from studio.document.presets import PRESETS

HELD_OUT = sorted((RESOURCES / "maps" / "held-out").glob("*.png"))


@pytest.mark.parametrize("row", PRESETS, ids=lambda row: row.key)
def test_an_example_is_a_full_map_of_materials(row):
    labels = row.labels()
    assert size_of(labels) == Size(512, 512)
    assert set(np.unique(labels)) <= set(BY_ID)
    assert len(used(labels)) >= 5
    assert row.name
    assert row.name_vi


def test_there_are_six_examples():
    assert len({row.key for row in PRESETS}) == len(PRESETS) == 6


def test_the_held_out_maps_are_palette_images_of_materials_and_none_is_an_example():
    assert len(HELD_OUT) >= 12
    examples = {row.labels().tobytes() for row in PRESETS}
    for path in HELD_OUT:
        image = Image.open(path)
        assert image.mode == "P"
        assert set(np.unique(np.asarray(image))) <= set(BY_ID)
        assert np.asarray(image).tobytes() not in examples
