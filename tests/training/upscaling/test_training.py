"""The whole training of a tiny upscaler, up to a model that enlarges."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.cli import parser
from studio.contract.upscaling import BandDone, UpscaleMode, UpscaleRequest
from studio.engine.library import ModelLibrary
from studio.engine.upscaling.upscale import upscale
from studio.training.upscaling.damage import damaged, small_bicubic
from studio.training.upscaling.pictures import KINDS, kind_of, make_picture, make_pictures, pairs
from studio.training.upscaling.recipe import read_upscaler_recipe

RECIPE = """
name = "Tiny"
seed = 1

[pictures]
count = 6
first_seed = 50
size = 64
kinds = { leaves = 1, text = 1, lines = 1, textures = 1, gradients = 1 }

[damage]
clean = 0.5

[network]
width = 8
inner_width = 8
blocks = [1, 1, 1]
embedding = 8

[faithful]
batch = 2
crop = 32
learning_rate = 2e-3
ema_decay = 0.9
mean = 0.5

[vivid]
batch = 2
crop = 64
learning_rate = 1e-3
ema_decay = 0.9
times = [0.6, 0.3]
pixel_weight = 1.0
statistics_weight = 1.0
adversarial_weight = 0.1
discriminator_channels = 4
discriminator_learning_rate = 1e-3
judge_lead = 1
"""


def train(folder: Path, *more: str) -> None:
    line = ["train", "upscaler", "--config", str(folder / "tiny.toml"), "--directory", str(folder)]
    arguments = parser().parse_args([*line, "--minutes", "0.04", "--device", "cpu", *more])
    assert arguments.run(arguments) == 0


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("upscaler-workshop")
    (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    threads = torch.get_num_threads()
    train(folder)
    yield folder
    torch.set_num_threads(threads)


def test_the_trained_folder_is_a_model_that_enlarges(workshop):
    pixels = make_picture(1, read_upscaler_recipe(workshop / "tiny.toml").pictures)
    request = UpscaleRequest(
        pixels=pixels, model=str(workshop / "model"), mode=UpscaleMode.VIVID, strength=1.0
    )
    events = list(upscale(request, ModelLibrary(device="cpu")))
    assert sum(len(event.pixels) for event in events if isinstance(event, BandDone)) == 256


def test_training_goes_on_where_it_ended(workshop):
    def steps(character: str) -> int:
        checkpoint = torch.load(workshop / character / "checkpoint.pt", weights_only=True)
        return int(checkpoint["step"])

    before = steps("faithful"), steps("vivid")
    train(workshop, "--resume", "--character", "faithful")
    assert steps("faithful") > before[0] > 0
    assert steps("vivid") == before[1] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_different_but_repeatable_pictures(kind):
    one, again, other = (KINDS[kind](np.random.default_rng(seed), 64) for seed in (1, 1, 2))
    assert one.shape == (64, 64, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_the_shares_of_the_kinds_hold():
    config = read_upscaler_recipe("upscale-x4").pictures
    kinds = [kind_of(index, config) for index in range(1000)]
    for kind, share in config.kinds.items():
        assert kinds.count(kind) / 1000 == pytest.approx(share, abs=0.01)


def test_pictures_of_another_size_are_refused(workshop, tmp_path):
    config = read_upscaler_recipe("upscale-x4").pictures
    with pytest.raises(ValueError, match="another folder"):
        make_pictures(workshop / "pictures", config)


def test_pairs_fit_together():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (3, 48, 48, 3), np.uint8)
    for large, small, repair in itertools.islice(pairs(pictures, rng, 32, 0.5), 20):
        assert large.shape == (32, 32, 3)
        assert small.shape == (8, 8, 3)
        assert 0 <= repair <= 1
        if repair == 0:
            np.testing.assert_array_equal(small, small_bicubic(large))


def test_damage_grows_with_its_level():
    picture = KINDS["leaves"](np.random.default_rng(3), 128)
    clean = small_bicubic(picture).astype(float)

    def error(level: float) -> float:
        made = [damaged(picture, np.random.default_rng(seed), level) for seed in range(20)]
        return float(np.mean([np.abs(small - clean).mean() for small in made]))

    assert error(0.05) < error(0.4) < error(1.0)
