"""Every stage of a tiny recipe, one after the other, up to a model that paints."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.cli import parser
from studio.contract.events import Produced
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.training.commands import STAGES
from studio.training.config import read_recipe
from studio.training.data import WorldData
from studio.training.evaluation import evaluate
from studio.training.latents import LatentData
from studio.training.stages import Workshop
from studio.training.train_diffusion import material_weights
from studio.training.train_layout import coarse_layouts
from studio.training.train_segmenter import Worn

RECIPE = """
name = "Tiny"
seed = 1

[data]
count = 3
first_seed = 5000
size = 64
hand_like = 1
captions = 2
featured = { mountains = 0.5 }

[segmenter]
channels = [8, 8, 8, 8]
overview = 4
worn = 0.5
batch = 2
learning_rate = 1e-3

[first_stage]
batch = 2
crop = 32
learning_rate = 1e-3
kl_weight = 1e-6
perceptual_weight = 0.3
adversarial_weight = 0.3
adversarial_start = 0
adversarial_limit = 5.0
judge_rate = 0.5
judge_lead = 1
discriminator_channels = 8
latent_noise = 0.1
edge_weight = 1.0
texture_weight = 1.0

[first_stage.autoencoder]
z_channels = 4
embed_dim = 4
channels = 16
channel_mult = [1, 2]
num_res_blocks = 1
attn_resolutions = []
attention = "none"
norm_groups = 8
patch = 4
shortcut = true

[diffusion]
batch = 2
learning_rate = 1e-3
text_learning_rate = 1e-3
warm_up = 2
ema_decay = 0.99
drop_text = 0.3
drop_map = 0.3
drop_both = 0.2
exact_maps = 0.5
uncovered = 0.5
rare_weight = 0.35
time_shift = 2.0
time_shift_without_map = 4.0
prediction = "v"
schedule = "cosine"

[diffusion.unet]
model_channels = 16
channel_mult = [1, 2]
num_res_blocks = 1
attention_resolutions = [2]
num_head_channels = 16
norm_groups = 8

[diffusion.text]
width = 16
depth = 1
heads = 1
dim_head = 16
max_length = 24

[diffusion.map]
channels = 4
stages = 3

[layout]
batch = 2
learning_rate = 1e-3
weight_decay = 0.0
warm_up = 2
ema_decay = 0.99
drop_text = 0.3
time_shift = 2.0
prediction = "v"
schedule = "cosine"
steps = 2
guidance = 2.0

[layout.network]
side = 4
patch = 2
width = 16
depth = 1
heads = 2
hidden = 32

[preview]
batch = 2
learning_rate = 1e-3
scale = 4

[defaults]
steps = 2
guidance = 2.0
sampler = "ddim"
spacing = "trailing"
"""


def train(folder: Path, stage: str, *more: str) -> None:
    line = ["train", stage, "--config", str(folder / "tiny.toml"), "--directory", str(folder)]
    arguments = parser().parse_args([*line, "--minutes", "0.01", "--workers", "1", *more])
    assert arguments.run(arguments) == 0


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    threads = torch.get_num_threads()
    for stage in STAGES:
        train(folder, stage, "--device", "cpu")
    yield folder
    torch.set_num_threads(threads)


def test_the_trained_folder_is_a_model_that_paints(workshop: Path) -> None:
    request = GenerateRequest(
        model=str(workshop / "model"),
        prompt="a lake in winter",
        label_map=np.full((64, 64), 156, np.uint8),
        size=Size(64, 64),
    )
    events = list(generate(request, ModelLibrary(), threading.Event()))
    (produced,) = [event for event in events if isinstance(event, Produced)]
    assert produced.pixels.shape == (64, 64, 3)


def test_cached_shares_sum_to_one_and_empty_cells_are_unlabelled(workshop: Path) -> None:
    data = LatentData.read(workshop / "latents")
    assert data.latents.shape == (3, 2, 4, 8, 8)
    assert data.maps.shape == (3, 2, 21, 8, 8)
    assert np.abs(data.maps.astype(int).sum(2) - 255).max() <= 10  # rounding of 21 shares
    assert data.tokens.shape == (3, 2, 24)


def test_words_alone_become_a_map_and_a_picture(workshop: Path) -> None:
    request = GenerateRequest(
        model=str(workshop / "model"), prompt="a lake in winter", size=Size(64, 64)
    )
    events = list(generate(request, ModelLibrary(), threading.Event()))
    (produced,) = [event for event in events if isinstance(event, Produced)]
    assert produced.drawn_map is not None
    assert produced.drawn_map.shape == (64, 64)


def test_a_layout_holds_the_exact_maps_shares(workshop: Path) -> None:
    data = LatentData.read(workshop / "latents")
    layouts = coarse_layouts(data, 4)
    assert layouts.shape == (3, 20, 4, 4)
    block = data.maps[1, 0, :20, 2:4, 6:8].astype(float).mean((1, 2))
    assert np.abs(layouts[1, :, 1, 3].numpy() - block).max() <= 0.5


def test_worn_pictures_are_those_of_the_same_worlds(workshop: Path) -> None:
    shop = Workshop(
        directory=workshop,
        recipe=read_recipe(workshop / "tiny.toml"),
        device=torch.device("cpu"),
        minutes=1,
        resume=False,
    )
    worn, rows = Worn(shop), np.array([0, 2])
    images, flipped = torch.zeros(2, 3, 64, 64), torch.tensor([False, True])
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(worn.instead(images, flipped, rows, 0.0, generator), images)
    made = worn.instead(images, flipped, rows, 1.0, generator)
    assert made.shape == images.shape
    assert made.abs().max() <= 1
    assert made.std(dim=(1, 2, 3)).min() > 0


def test_a_map_painted_beside_winter_and_fog_shows_the_land() -> None:
    from studio.contract.materials import MATERIALS
    from studio.training.latents import uncovered

    channel = {material.key: number for number, material in enumerate(MATERIALS)}
    shares = np.zeros((21, 4, 2), np.uint8)
    shares[channel["fog"], :3] = 255
    shares[channel["snow"], 3] = 200
    shares[channel["grass"], 3] = 60  # rounding can make more than 255
    land = uncovered(shares, snow=True, fog=True, behind="mountain")
    assert not land[[channel["snow"], channel["fog"]]].any()
    assert (land[channel["sky"], :2] == 255).all()
    assert (land[channel["mountain"], 2] == 255).all()
    assert (land[channel["grass"], 3] == 255).all()
    assert np.array_equal(uncovered(shares), shares)


def test_rare_materials_weigh_more_and_the_mean_weight_is_one(workshop: Path) -> None:
    data = LatentData.read(workshop / "latents")
    weights = material_weights(data, 0.35)
    share = torch.from_numpy(data.maps[:, 0].mean((0, 2, 3))).float() / 255
    assert (weights * share).sum().item() == pytest.approx(1, abs=1e-4)
    assert weights[share[:-1].argmin()] > weights[share[:-1].argmax()]
    assert weights[-1] == 1
    assert material_weights(data, 0.0)[:-1].std() < 1e-6


def test_a_map_painted_beside_rain_has_a_plain_sky() -> None:
    from studio.contract.materials import MATERIALS
    from studio.training.latents import hidden_land, uncovered

    channel = {material.key: number for number, material in enumerate(MATERIALS)}
    shares = np.zeros((21, 2, 2), np.uint8)
    shares[channel["clouds"], 0] = 255
    shares[channel["sea"], 1] = 255
    plain = uncovered(shares, clouds=True)
    assert (plain[channel["sky"], 0] == 255).all()
    assert not plain[channel["clouds"]].any()
    assert (plain[channel["sea"], 1] == 255).all()
    moods = [{"season": "winter", "weather": "rain"}, {"season": "summer", "weather": "clear"}]
    texts = [["sea in the rain", "winter"], ["clouds over the sea", "summer"]]
    assert hidden_land(moods, texts).tolist() == [
        [[False, False, True], [True, False, False]],
        [[False, False, False], [False, False, False]],
    ]


def test_rendering_goes_on_where_it_stopped(workshop: Path) -> None:
    before = WorldData(workshop / "data").pictures.copy()
    done = np.load(workshop / "data" / "done.npy")
    done[1] = False
    np.save(workshop / "data" / "done.npy", done)
    train(workshop, "data", "--device", "cpu")
    assert np.array_equal(WorldData(workshop / "data").pictures, before)


def test_the_decoder_trains_on_without_touching_the_latents(workshop: Path) -> None:
    from safetensors.torch import load_file

    path = workshop / "model" / "first_stage.safetensors"
    before = load_file(path)
    config = (workshop / "model" / "config.json").read_text()
    train(workshop, "first-stage", "--resume", "--decoder-only", "--device", "cpu")
    after = load_file(path)
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"decoder", "post_quant_conv"}
    assert (workshop / "model" / "config.json").read_text() == config


def test_a_stage_begins_with_the_weights_of_a_finished_model(workshop: Path) -> None:
    from safetensors.torch import load_file

    from studio.training.config import read_recipe as recipe_of
    from studio.training.train_diffusion import _start_from, build_denoiser

    model = workshop / "model"
    words = len(json.loads((model / "tokenizer.json").read_text())["model"]["vocab"])
    network = build_denoiser(recipe_of(workshop / "tiny.toml").diffusion, 4, words)
    _start_from(network, model, model / "tokenizer.json")
    for part, name in ((network.unet, "denoiser"), (network.text, "text_encoder")):
        for key, tensor in load_file(model / f"{name}.safetensors").items():
            assert torch.equal(part.state_dict()[key], tensor.float())
    before = load_file(model / "first_stage.safetensors")
    train(workshop, "first-stage", "--start-from", str(model), "--decoder-only", "--device", "cpu")
    after = load_file(model / "first_stage.safetensors")
    assert all(
        torch.equal(before[name], after[name]) for name in before if name.startswith("encoder.")
    )


def test_words_keep_their_meaning_when_the_vocabulary_grows(workshop: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from studio.engine.conditioning.text import build_tokenizer
    from studio.training.warm_start import EMBEDDING, words_as_before

    model = workshop / "model"
    tokenizer = build_tokenizer(["aardvark", "lake", "winter"], 24)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    vocabulary = json.loads((model / "tokenizer.json").read_text())["model"]["vocab"]
    known = load_file(model / "text_encoder.safetensors")[EMBEDDING]
    fresh = torch.full((tokenizer.get_vocab_size(), known.shape[1]), 7.0)
    rows = words_as_before(fresh, model, tmp_path / "tokenizer.json")[EMBEDDING]
    assert torch.equal(rows[tokenizer.token_to_id("lake")], known[vocabulary["lake"]].float())
    assert (rows[tokenizer.token_to_id("aardvark")] == 7).all()


def test_evaluation_reports_every_figure_and_its_oracle(workshop: Path) -> None:
    report = evaluate(workshop / "model", count=2, device="cpu", painted_seeds=1, painted_maps=1)
    rows = {row.name: row for row in report.rows}
    assert rows["rendered maps: mIoU"].oracle is not None
    assert 0 <= rows["hand-painted maps: mIoU"].measured <= 1
    assert "first stage: gradient ratio, high band" in rows
    assert "prompt: season" in rows
    assert report.as_table().count("\n") == len(report.rows) + 1


def test_a_recipe_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(RECIPE.replace("batch = 2", "batches = 2", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="batches"):
        read_recipe(path)
    with pytest.raises(ValueError, match="landscape"):
        read_recipe("no-such-recipe")
