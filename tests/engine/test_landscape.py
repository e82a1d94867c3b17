import copy

import numpy as np
import pytest
import torch

from studio.contract.events import Produced, Started
from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY
from studio.contract.request import GenerateRequest
from studio.engine.families import latent_diffusion
from studio.engine.families.latent_diffusion import denormalised, largest_tile, normalised
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.engine.model_config import ModelConfig
from tests.tiny_model import CONFIG, write_tiny_model


def loaded(folder, config=None):
    models = ModelLibrary(device="cpu")
    loading = models.get(str(write_tiny_model(folder, config)))
    try:
        while True:
            next(loading)
    except StopIteration as done:
        return done.value, models


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return loaded(tmp_path_factory.mktemp("models") / "tiny")[0]


def test_normalising_and_back_is_the_identity():
    config = ModelConfig.from_dict(CONFIG).first_stage
    z = torch.randn(2, 4, 3, 3)
    torch.testing.assert_close(denormalised(normalised(z, config), config), z)
    shifted = torch.tensor(config.latent_mean)[None, :, None, None].expand(1, 4, 2, 2)
    assert normalised(shifted, config).abs().max() < 1e-6


def test_a_decoder_with_attention_is_never_tiled():
    def tile(**changes):
        autoencoder = CONFIG["first_stage"]["autoencoder"] | changes
        config = CONFIG | {"first_stage": CONFIG["first_stage"] | {"autoencoder": autoencoder}}
        return largest_tile(ModelConfig.from_dict(config).first_stage.autoencoder)

    assert tile(attention="vanilla") == 0
    assert tile() >= 128
    assert 64 <= tile(patch=1, channels=128, channel_mult=[1, 2, 4, 4]) < tile()


@torch.inference_mode()
def test_a_large_picture_is_decoded_in_tiles_that_can_be_stopped(model, monkeypatch):
    x_0 = torch.randn(model.latent_shape(Size(512, 256)), generator=torch.Generator())
    size = Size(512, 256)
    parts = []
    whole = model.decode(x_0, size, lambda: parts.append(1))
    assert len(parts) == 1
    monkeypatch.setattr(latent_diffusion, "_DECODING_BYTES", 0)
    tiles = model.decode(x_0, size, lambda: parts.append(1))
    assert len(parts) > 3
    assert tiles.shape == whole.shape == (256, 512, 3)
    difference = np.abs(tiles.astype(int) - whole.astype(int))
    assert difference.mean() < 12  # group norms see other neighbours in a tile, of noise at that

    class StopNowError(Exception):
        pass

    def stop():
        raise StopNowError

    with pytest.raises(StopNowError):
        model.decode(x_0, size, stop)


@torch.inference_mode()
def test_a_map_covers_the_picture_and_its_edge_the_filling(model):
    """72 pixels become 80: the material at the border goes on instead of ending."""
    grass = np.full((10, 10), BY_KEY["grass"].id, np.uint8)
    request = GenerateRequest(size=Size(72, 64), label_map=grass)
    concat = model.conditions(request).given.concat
    assert concat.shape == (1, 4, 8, 10)
    torch.testing.assert_close(concat, concat[:, :, :1, :1].expand_as(concat))


@torch.inference_mode()
def test_the_unconditional_half_drops_what_the_config_says(tmp_path):
    grass = np.full((64, 64), BY_KEY["grass"].id, np.uint8)
    both = GenerateRequest(prompt="lake", size=Size(64, 64), label_map=grass)
    neither = GenerateRequest(size=Size(64, 64))
    for drops in (["text", "map"], ["text"], ["map"], []):
        config = copy.deepcopy(CONFIG)
        config["defaults"]["guidance_drops"] = drops
        model, _ = loaded(tmp_path / "-".join(["tiny", *drops]), config)
        full, empty = model.conditions(both), model.conditions(neither).given
        assert model.conditions(neither).dropped is None
        assert (full.dropped is None) == (drops == [])
        if full.dropped is not None:
            text = empty if "text" in drops else full.given
            label_map = empty if "map" in drops else full.given
            assert torch.equal(full.dropped.context, text.context)
            assert torch.equal(full.dropped.concat, label_map.concat)


def test_a_model_without_text_says_that_it_cannot_read(tmp_path):
    config = copy.deepcopy(CONFIG)
    config["capabilities"] = ["map"]
    del config["text"], config["denoiser"]["unet"]["context_dim"]
    _, models = loaded(tmp_path / "mute", config)
    request = GenerateRequest(model=str(tmp_path / "mute"), prompt="lake", size=Size(64, 64))
    events = list(generate(request, models))
    (started,) = (event for event in events if isinstance(event, Started))
    assert started.notices == ("This model cannot read: the prompt has no effect.",)
    assert any(isinstance(event, Produced) for event in events)


def test_a_model_without_maps_says_so(tmp_path):
    config = copy.deepcopy(CONFIG)
    config["capabilities"] = ["text"]
    config["denoiser"]["unet"]["in_channels"] = 4
    del config["map"]
    _, models = loaded(tmp_path / "blind", config)
    request = GenerateRequest(
        model=str(tmp_path / "blind"), size=Size(64, 64), label_map=np.zeros((8, 8), np.uint8)
    )
    (started,) = (event for event in generate(request, models) if isinstance(event, Started))
    assert started.notices == ("This model takes no label map: the map has no effect.",)
