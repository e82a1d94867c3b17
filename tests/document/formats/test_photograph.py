"""A photograph's colours become plausible, whole areas."""

import numpy as np
from PIL import Image

from studio.contract.materials import BY_ID, BY_KEY
from studio.document.formats.photograph import labels_from_colours, read_photograph
from studio.document.label_map import used


def landscape(height=180, width=240):
    """Blue sky over dark green trees over yellow-green grass, with a little noise."""
    pixels = np.empty((height, width, 3))
    pixels[: height // 2] = (110, 160, 225)
    pixels[height // 2 : height * 2 // 3] = (35, 70, 30)
    pixels[height * 2 // 3 :] = (95, 150, 50)
    noise = np.random.default_rng(0).normal(0, 1, (height, width, 1))
    rough = np.full((height, 1, 1), 3.0)
    rough[height // 2 : height * 2 // 3] = 10
    return np.clip(pixels + noise * rough, 0, 255).astype(np.uint8)


def test_sky_and_what_grows_are_found():
    labels = labels_from_colours(landscape())
    assert (labels[:80] == BY_KEY["sky"].id).mean() > 0.95
    assert np.isin(labels[98:112], [BY_KEY[key].id for key in ("tree", "bush", "grass")]).all()
    assert (labels[140:] == BY_KEY["grass"].id).mean() > 0.95
    assert set(used(labels)) <= set(BY_ID)


def test_a_blue_lake_below_the_sky_is_water():
    pixels = landscape()
    pixels[130:, :] = (70, 110, 160)
    waters = [BY_KEY[key].id for key in ("water", "sea", "river")]
    assert np.isin(labels_from_colours(pixels)[140:], waters).mean() > 0.9


def test_any_size_is_read(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (3, 1500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "strip.png")
    assert read_photograph(tmp_path / "strip.png").labels.shape == (2, 1024)
    assert labels_from_colours(noise[:1, :1]).shape == (1, 1)
