"""The renderer, its captions and its hand-like maps keep their promises."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from studio.contract.materials import BY_ID
from studio.worlds import captions
from studio.worlds.painting import hand_like
from studio.worlds.render import World, render
from studio.worlds.scene import SEASONS, TERRAINS, TIMES, WEATHERS, sample_scene
from studio.worlds.sheets import write_sheets

SMALL = (64, 64)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    scenes = [sample_scene(i, terrain=TERRAINS[i % len(TERRAINS)]) for i in range(16)]
    return render(scenes, SMALL)


def test_shapes_and_types(worlds: list[World]) -> None:
    for world in worlds:
        assert world.image.shape == (64, 64, 3)
        assert world.image.dtype == np.uint8
        assert world.labels.shape == world.depth.shape == SMALL
        assert world.labels.dtype == np.uint8
        assert world.depth.dtype == np.float32
        assert np.isfinite(world.depth).all()
        assert (world.depth >= 0).all()


def test_every_label_is_a_material(worlds: list[World]) -> None:
    for world in worlds:
        assert set(np.unique(world.labels)) <= set(BY_ID)


def test_pictures_are_pictures(worlds: list[World]) -> None:
    for world in worlds:
        assert world.image.std() > 2
        assert 15 < world.image.mean() < 245


def test_same_seed_same_picture_whatever_the_company(worlds: list[World]) -> None:
    again = render([worlds[3].scene, worlds[2].scene], SMALL)
    assert np.array_equal(again[0].image, worlds[3].image)
    assert np.array_equal(again[1].labels, worlds[2].labels)


def test_a_batch_is_its_pictures_one_by_one(worlds: list[World]) -> None:
    together = render([w.scene for w in worlds[:4]], SMALL, chunk=4)
    for one, world in zip(together, worlds, strict=False):
        difference = np.abs(one.image.astype(int) - world.image)
        assert np.mean(difference > 8) < 0.03
        assert np.mean(one.labels != world.labels) < 0.03


@pytest.mark.parametrize("size", [(64, 128), (128, 64), (96, 96)])
def test_any_multiple_of_eight(size: tuple[int, int]) -> None:
    world = render([5], size)[0]
    assert world.labels.shape == size
    assert world.image.shape == (*size, 3)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        render([0], (60, 64))


def test_a_larger_picture_shows_the_same_scene() -> None:
    small, large = (render([w], s)[0] for w, s in ((7, (64, 64)), (7, (128, 128))))
    assert np.mean(small.labels == large.labels[::2, ::2]) > 0.7


def test_scenes_are_deterministic_and_can_be_steered() -> None:
    assert sample_scene(11) == sample_scene(11)
    assert sample_scene(11) != sample_scene(12)
    scene = sample_scene(3, season="winter", time="dusk", weather="fog", terrain="lake")
    assert captions.attributes(scene) == {
        "season": "winter",
        "time": "dusk",
        "weather": "fog",
        "terrain": "lake",
    }


def test_every_attribute_is_reached() -> None:
    seen: dict[str, set[str]] = {}
    for seed in range(600):
        for name, value in captions.attributes(sample_scene(seed)).items():
            seen.setdefault(name, set()).add(value)
    assert seen["season"] == set(SEASONS)
    assert seen["time"] == set(TIMES)
    assert seen["weather"] == set(WEATHERS)
    assert seen["terrain"] == set(TERRAINS)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_captions_are_covered_by_the_vocabulary(
    worlds: list[World], language: captions.Language
) -> None:
    rng = np.random.default_rng(0)
    forms = set()
    for world in worlds:
        for _ in range(40):
            text = captions.caption(world.scene, world.labels, rng, language)
            assert text.strip()
            assert "{" not in text
            assert set(captions.words(text)) <= captions.VOCABULARY
            forms.add(text)
    assert len(forms) > 400


def test_people_s_words_are_in_the_vocabulary() -> None:
    asked = "lake mountains snowy sunny golden hour misty pine forest beach meadow hồ núi tuyết"
    assert set(captions.words(asked)) <= captions.VOCABULARY


def _outline(labels: np.ndarray) -> int:
    return int((labels[1:] != labels[:-1]).sum() + (labels[:, 1:] != labels[:, :-1]).sum())


def test_hand_like_maps_are_simpler_and_invent_nothing(worlds: list[World]) -> None:
    rng = np.random.default_rng(1)
    before = after = 0
    for world in worlds:
        for _ in range(4):
            painted = hand_like(world.labels, rng)
            assert painted.shape == world.labels.shape
            assert painted.dtype == np.uint8
            assert set(np.unique(painted)) <= set(np.unique(world.labels))
            before += _outline(world.labels)
            after += _outline(painted)
    assert after < before * 0.6


def test_hand_like_is_deterministic_and_takes_a_flat_map(worlds: list[World]) -> None:
    one, two = (hand_like(worlds[1].labels, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(one, two)
    flat = np.full((40, 48), 7, np.uint8)
    assert np.array_equal(hand_like(flat, np.random.default_rng(0)), flat)


def test_season_shows(worlds: list[World]) -> None:
    """Snow lies in winter: the same ground is brighter and less coloured than in summer."""
    scene = sample_scene(21, season="summer", time="noon", weather="clear", terrain="plain")
    summer = render([scene], SMALL)[0].image[48:].astype(float)
    snowy = replace(scene, season="winter", snow_cover=1.0, snow_line=-50.0)
    winter = render([snowy], SMALL)[0].image[48:].astype(float)
    assert winter.mean() > summer.mean() + 20


def test_sheets_are_written(tmp_path: object) -> None:
    files = write_sheets(2, 0, str(tmp_path), (64, 64))
    assert len(files) == 1
    assert files[0].exists()


def test_no_window_libraries_are_needed() -> None:
    code = (
        "import sys; import studio.worlds.sheets; "
        "assert not {'PySide6', 'qasync', 'platformdirs'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
