import copy
import json

import pytest

from studio.engine.configuration import ConfigError
from studio.engine.model_config import ModelConfig, read_config
from studio.engine.model_error import ModelError
from tests.tiny_model import CONFIG


def changed(path, value):
    """CONFIG with the entry at ``path`` replaced, or removed for a value of ``...``."""
    config = copy.deepcopy(CONFIG)
    *parents, last = path.split(".")
    place = config
    for key in parents:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return config


def test_a_config_is_read_whole():
    config = ModelConfig.from_dict(CONFIG)
    assert config.denoiser.unet.channel_mult == (1, 2)
    assert config.map.labels == tuple(CONFIG["map"]["labels"])
    assert config.defaults.guidance_drops == ("text", "map")
    assert config.denoiser.schedule.schedule().steps == 1000


WRONG = [
    ("name", ..., "lacks “name”"),
    ("colour", 1, "“colour”, which is not known"),
    ("denoiser.unet.color", 1, "“config.json.denoiser.unet” holds “color”"),
    ("denoiser.unet.in_channels", ..., "lacks “in_channels”"),
    ("denoiser.unet.in_channels", "eight", "cannot be 'eight'"),
    ("denoiser.unet.in_channels", True, "cannot be True"),
    ("denoiser.unet.in_channels", 7, "must take 8 channels"),
    ("denoiser.unet.context_dim", 99, "context_dim"),
    ("denoiser.unet.channel_mult", 3, "cannot be 3"),
    ("denoiser.unet.norm_groups", 5, "norm groups"),
    ("denoiser.unet", [], "must hold keys and values"),
    ("denoiser.prediction", "guess", "no prediction “guess”"),
    ("denoiser.schedule.kind", "steep", "no schedule “steep”"),
    ("denoiser.schedule.beta_end", 0.01, "has no beta_start"),
    ("first_stage.latent_std", [1.0], "4 numbers"),
    ("first_stage.latent_std", [1, 1, 1, 0], "positive"),
    ("map.labels", [1, 1], "different ids"),
    ("map.labels", [300], "0..254"),
    ("map.stages", 2, "reduce it 8 times"),
    ("map", None, "must name those"),
    ("text", ..., "must name those"),
    ("capabilities", ["text", "map", "smell"], "must name those"),
    ("preview.z_channels", 3, "preview decoder"),
    ("preview.scale", 3, "not 3"),
    ("defaults.sampler", "best", "no sampler “best”"),
    ("defaults.spacing", "wide", "no spacing “wide”"),
    ("defaults.guidance_drops", ["all"], "guidance_drops"),
    ("defaults.steps", 0, "at least 1"),
    ("size_multiple", 12, "multiple of 8"),
    ("format", 2, "format 2"),
]


@pytest.mark.parametrize(("path", "value", "words"), WRONG)
def test_what_does_not_belong_is_said_in_a_sentence(path, value, words):
    with pytest.raises(ConfigError, match=words.replace(".", r"\.")):
        ModelConfig.from_dict(changed(path, value))


def test_a_model_without_text_or_without_map_is_possible():
    config = changed("text", ...)
    config["capabilities"] = ["map"]
    del config["denoiser"]["unet"]["context_dim"]
    assert ModelConfig.from_dict(config).text is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"3"])
def test_a_damaged_config_is_a_model_error(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json") as caught:
        read_config(tmp_path)
    assert caught.value.action


def test_a_folder_without_config_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="no model folder"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    assert read_config(tmp_path).name == "Tiny"
