"""Words alone: a map is drawn from them first, and the picture follows both."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.contract.events import Cancelled, Failed, Produced, Stepped
from studio.contract.geometry import Size
from studio.contract.materials import MATERIALS
from studio.contract.request import GenerateRequest
from studio.engine.configuration import ConfigError
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.engine.model_config import ModelConfig
from studio.engine.nets.layout import LayoutConfig, LayoutTransformer
from tests.tiny_model import CONFIG, WITH_LAYOUT, write_tiny_model

SIZE = Size(72, 64)  # filled to 80 x 64 for the U-Net


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny", WITH_LAYOUT)


@pytest.fixture(scope="module")
def models():
    return ModelLibrary(device="cpu")


@pytest.fixture
def words(folder):
    return GenerateRequest(model=str(folder), prompt="a mountain lake", size=SIZE, seed=4)


def made(request, models, cancel=None):
    events = list(generate(request, models, cancel))
    assert not isinstance(events[-1], Failed), events[-1]
    return [event for event in events if isinstance(event, Produced)]


def test_words_become_a_map_of_known_materials(words, models):
    (picture,) = made(words, models)
    drawn = picture.drawn_map
    assert drawn.shape == (64, 72)
    assert drawn.dtype == np.uint8
    assert not drawn.flags.writeable
    assert set(np.unique(drawn)) <= {material.id for material in MATERIALS}
    assert picture.request.label_map is None


def test_with_the_map_of_the_words_the_seed_makes_the_same_picture(words, models):
    for sampler in ("dpmpp_2m", "dpmpp_2m_sde"):
        asked = replace(words, sampler=sampler)
        (picture,) = made(asked, models)
        (again,) = made(replace(asked, label_map=picture.drawn_map), models)
        assert np.array_equal(again.pixels, picture.pixels)
        assert again.drawn_map is None


def test_every_image_has_a_map_of_its_own_seed(words, models):
    first, second = made(replace(words, count=2), models)
    (alone,) = made(replace(words, seed=words.seed + 1), models)
    assert np.array_equal(second.drawn_map, alone.drawn_map)
    assert np.array_equal(second.pixels, alone.pixels)
    assert not np.array_equal(first.drawn_map, second.drawn_map)


def test_prompt_and_negative_prompt_move_the_map(words, models):
    (one,) = made(words, models)
    for other in (
        replace(words, prompt="snow trees"),
        replace(words, prompt=""),
        replace(words, negative_prompt="trees"),
    ):
        (two,) = made(other, models)
        assert not np.array_equal(one.drawn_map, two.drawn_map)


def test_a_source_picture_needs_no_map(words, models):
    source = np.zeros((64, 72, 3), np.uint8)
    (picture,) = made(replace(words, source=source, strength=0.8), models)
    assert picture.drawn_map is None


@torch.inference_mode()
def test_a_large_map_has_the_outlines_of_a_small_one(words, models):
    model = loaded(words, models)
    noise = torch.randn(model.layout.shape, generator=torch.Generator().manual_seed(0))
    context = model.conditions(words).given.context
    small, large = (
        model.layout.draw(noise, context, None, size, lambda: None)
        for size in (Size(512, 384), Size(1024, 768))
    )
    assert large.shape == (768, 1024)
    assert np.array_equal(large[1::2, 1::2], small)


def test_the_drawing_of_the_map_can_be_cancelled(words, models):
    class AfterThree:
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 5

    flag = AfterThree()
    events = list(generate(words, models, flag))
    assert isinstance(events[-1], Cancelled)
    assert flag.asked == 6
    assert not any(isinstance(event, Stepped) for event in events)


@torch.inference_mode()
def test_a_map_is_drawn_in_as_many_calls_as_its_guidance_needs(words, models):
    model = loaded(words, models)
    calls = []
    noise = torch.randn(model.layout.shape)
    given = model.conditions(words)
    text, nothing = given.given.context, given.dropped.context
    model.layout.draw(noise, text, nothing, SIZE, lambda: calls.append(1))
    assert len(calls) == 2 * WITH_LAYOUT["layout"]["steps"]
    calls.clear()
    model.layout.draw(noise, nothing, None, SIZE, lambda: calls.append(1))
    assert len(calls) == WITH_LAYOUT["layout"]["steps"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": {"labels": 7}}, "20 labels"),
        ({"network": {"context_dim": 8}}, "text encoder's width"),
        ({"network": {"patch": 3}}, "patches of 3"),
        ({"network": {"heads": 3}}, "3 heads"),
        ({"prediction": "magic"}, "magic"),
        ({"steps": 0}, "at least 1"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(change, sentence):
    config = copy.deepcopy(WITH_LAYOUT)
    for key, value in change.items():
        if isinstance(value, dict):
            config["layout"][key] |= value
        else:
            config["layout"][key] = value
    with pytest.raises(ConfigError, match=sentence):
        ModelConfig.from_dict(config)


def test_a_model_without_maps_has_no_layout():
    config = {key: value for key, value in WITH_LAYOUT.items() if key != "map"}
    unet = CONFIG["denoiser"]["unet"] | {"in_channels": 4}
    config |= {"capabilities": ["text"], "denoiser": CONFIG["denoiser"] | {"unet": unet}}
    with pytest.raises(ConfigError, match="a map to draw"):
        ModelConfig.from_dict(config)


def test_the_network_begins_silent_and_heeds_time_place_and_words():
    torch.manual_seed(0)
    network = LayoutTransformer(
        LayoutConfig(labels=5, context_dim=6, side=8, patch=2, width=16, depth=2, heads=2)
    )
    x, t, context = torch.randn(2, 5, 8, 8), torch.tensor([10.0, 900.0]), torch.randn(2, 3, 6)
    assert network(x, t, context).abs().max() == 0
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.2)
    out = network(x, t, context)
    assert out.shape == x.shape
    for changed in (
        (x, t.flip(0), context),
        (x, t, torch.cat([context[:, :1], context[:, 1:] + 1], 1)),
        (x, t, torch.cat([context[:, :1] + 1, context[:, 1:]], 1)),
    ):
        assert not torch.allclose(network(*changed), out, atol=1e-4)
    # A layout moved by a patch is another layout: places are known.
    moved = network(x.roll(2, 3), t, context).roll(-2, 3)
    assert not torch.allclose(moved, out, atol=1e-4)


def loaded(request, models):
    loading = models.get(request.model)
    while True:
        try:
            next(loading)
        except StopIteration as done:
            return done.value
