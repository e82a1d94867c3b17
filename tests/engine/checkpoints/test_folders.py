"""Diffusers folders: the same networks, and the same pictures as the reference pipelines."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    LDMPipeline,
    UNet2DConditionModel,
)
from transformers import BertTokenizer, CLIPTokenizer

import studio
from studio.contract.events import Produced
from studio.contract.request import GenerateRequest
from studio.engine.model_error import ModelError
from tests.engine.checkpoints import published_files as published
from tests.engine.nets.comparison import noise, relative_error

PROMPT, NEGATIVE = "a snow lake, MOUNTAIN  at sunset", "lake"


def clip_words(folder: Path) -> CLIPTokenizer:
    published.write_clip_words(folder)
    files = (str(folder / "vocab.json"), str(folder / "merges.txt"))
    return CLIPTokenizer(*files, model_max_length=77)


def sample(path: Path, **asked: object) -> np.ndarray:
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=5, sampler="ddim",
                              spacing="leading", seed=11, **asked)  # fmt: skip
    models = studio.ModelLibrary(device="cpu")
    (made,) = [e.pixels for e in studio.generate(request, models) if isinstance(e, Produced)]
    return made


def theirs(pipeline: object, **asked: object) -> np.ndarray:
    pipeline.set_progress_bar_config(disable=True)
    made = pipeline(generator=torch.Generator().manual_seed(11), num_inference_steps=5,
                    output_type="np", **asked)  # fmt: skip
    return made.images[0]


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """To one level of 255, rounding included."""
    assert theirs.std() > 0.02
    assert np.abs(ours / 255.0 - theirs).max() <= 1.01 / 255


@pytest.fixture(scope="module")
def stable(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    folder = tmp_path_factory.mktemp("stable")
    pipeline = published.stable_diffusion(clip_words(folder / "words"))
    pipeline.save_pretrained(folder / "sd")
    return folder / "sd", pipeline


@torch.no_grad()
def test_stable_diffusion_is_the_reference(stable: tuple[Path, object]) -> None:
    path, pipeline = stable
    model = studio.load(path, device="cpu")
    assert model.config.family == "stable_diffusion"
    x, t, context = noise(2, 4, 8, 8), torch.tensor([981.0, 1.0]), noise(2, 77, 64, seed=2)
    expected = pipeline.unet(x, t, context).sample
    assert relative_error(model.unet(x, t, context=context), expected) < 1e-4
    picture = noise(1, 3, 64, 64)
    latent = pipeline.vae.encode(picture).latent_dist.mode()
    assert relative_error(model.first_stage.encode(picture).mode(), latent) < 1e-4
    decoded = pipeline.vae.decode(latent).sample
    assert relative_error(model.first_stage.decode(latent), decoded) < 1e-4
    given = pipeline.encode_prompt(PROMPT, "cpu", 1, True, NEGATIVE)
    ours = model.encode_prompt([PROMPT, NEGATIVE])
    assert relative_error(ours, torch.cat(given)) < 1e-4


def test_a_whole_sampling_of_stable_diffusion(stable: tuple[Path, object]) -> None:
    path, pipeline = stable
    asked = {"guidance_scale": 3.0, "height": 64, "width": 64}
    expected = theirs(pipeline, prompt=PROMPT, negative_prompt=NEGATIVE, **asked)
    agree(sample(path, prompt=PROMPT, negative_prompt=NEGATIVE, guidance=3.0), expected)


def test_stable_diffusion_2_with_v(tmp_path: Path) -> None:
    unet = published.conditional_unet(
        64, attention_head_dim=(2, 4), use_linear_projection=True,
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
    )  # fmt: skip
    words = clip_words(tmp_path / "words")
    words.pad_token = "!"
    pipeline = published.stable_diffusion(
        words, unet=unet, text_encoder=published.clip(activation="gelu"),
        prediction="v_prediction",
    )  # fmt: skip
    pipeline.save_pretrained(tmp_path / "sd2", safe_serialization=False)
    assert list((tmp_path / "sd2" / "unet").glob("*.bin"))
    asked = {"guidance_scale": 3.0, "height": 64, "width": 64}
    expected = theirs(pipeline, prompt=PROMPT, **asked)
    agree(sample(tmp_path / "sd2", prompt=PROMPT, guidance=3.0), expected)


@torch.no_grad()
def test_a_whole_sampling_of_latent_diffusion(tmp_path: Path) -> None:
    published.write_bert_words(tmp_path / "words")
    words = BertTokenizer(str(tmp_path / "words" / "vocab.txt"))
    pipeline = published.text_to_image(words)
    pipeline.save_pretrained(tmp_path / "ldm")
    model = studio.load(tmp_path / "ldm", device="cpu")
    assert model.config.family == "text_to_image"
    ids = words([PROMPT], padding="max_length", max_length=77, return_tensors="pt").input_ids
    assert relative_error(model.encode_prompt([PROMPT]), pipeline.bert(ids)[0]) < 1e-4
    expected = theirs(pipeline, prompt=PROMPT, guidance_scale=3.0, height=64, width=64)
    agree(sample(tmp_path / "ldm", prompt=PROMPT, guidance=3.0), expected)


def test_a_whole_unconditional_sampling(tmp_path: Path) -> None:
    unet = published.plain_unet(in_channels=3, out_channels=3)
    pipeline = LDMPipeline(
        vqvae=published.vq(levels=2, scaling_factor=1.0), unet=unet,
        scheduler=published.scheduler(),
    )  # fmt: skip
    pipeline.save_pretrained(tmp_path / "faces")
    pipeline.unet.register_to_config(sample_size=32)
    expected = theirs(pipeline)
    agree(sample(tmp_path / "faces"), expected)


def test_what_is_missing_in_a_folder(stable: tuple[Path, object], tmp_path: Path) -> None:
    path, _ = stable

    def copy(name: str) -> Path:
        folder = tmp_path / name
        for file in path.rglob("*"):
            if file.is_file():
                target = folder / file.relative_to(path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
        return folder

    folder = copy("words")
    for file in (folder / "tokenizer").iterdir():
        file.unlink()
    with pytest.raises(ModelError, match="needs CLIP's word list") as told:
        studio.load(folder, device="cpu").encode_prompt(["x"])
    assert f"merges.txt of clip-vit-large-patch14 (or bpe_simple_vocab_16e6.txt.gz) into {folder}" \
        in told.value.action  # fmt: skip
    published.write_clip_words(folder / "tokenizer")
    assert studio.load(folder, device="cpu").encode_prompt(["x"]).shape == (1, 77, 64)
    (folder / "tokenizer" / "vocab.json").write_text("{")
    with pytest.raises(ModelError, match=r"vocab\.json is damaged"):
        studio.load(folder, device="cpu").encode_prompt(["x"])

    folder = copy("unet")
    next((folder / "unet").glob("*.safetensors")).unlink()
    with pytest.raises(ModelError, match="unet/unet holds no weights"):
        studio.load(folder, device="cpu")
    (folder / "unet" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"file config\.json is missing"):
        studio.load(folder, device="cpu")

    folder = copy("other")
    config = json.loads((folder / "unet" / "config.json").read_text())
    config["block_out_channels"] = [32, 96]
    (folder / "unet" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="damaged or mislabelled"):
        studio.load(folder, device="cpu")
    config["down_block_types"] = ["SimpleCrossAttnDownBlock2D", "DownBlock2D"]
    (folder / "unet" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="does not know U-Nets of"):
        studio.load(folder, device="cpu")
    (folder / "text_encoder_2").mkdir()
    index = json.loads((folder / "model_index.json").read_text())
    index |= {"_class_name": "StableDiffusionXLPipeline", "text_encoder_2": ["a", "b"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="code of its own for its text_encoder_2"):
        studio.load(folder, device="cpu")


def test_old_names_of_attention(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    pipeline = published.stable_diffusion(clip_words(tmp_path / "words"))
    pipeline.save_pretrained(tmp_path / "sd")
    file = tmp_path / "sd" / "vae" / "diffusion_pytorch_model.safetensors"
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = {}
    for name, tensor in load_file(file).items():
        for new, before in old.items():
            name = name.replace(f".{new}.", f".{before}.")
        tensors[name] = tensor
    assert any(".proj_attn." in name for name in tensors)
    save_file(tensors, file)
    z = noise(1, 4, 8, 8)
    with torch.no_grad():
        decoded = pipeline.vae.decode(z).sample
    model = studio.load(tmp_path / "sd", device="cpu")
    assert relative_error(model.first_stage.decode(z), decoded) < 1e-4
    assert isinstance(pipeline.unet, UNet2DConditionModel)
