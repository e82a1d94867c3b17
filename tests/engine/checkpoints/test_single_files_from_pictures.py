"""Single files of the models that see more than a prompt: inpainting, enlarging, boxes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from diffusers import VQModel
from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import (
    LDMBertConfig,
    LDMBertModel,
)
from safetensors.torch import save_file
from torch import Tensor

import studio
from studio.contract.events import Failed, Produced, Started
from studio.contract.request import Box, GenerateRequest
from studio.engine.checkpoints.names_text import bert_sources
from studio.engine.families.opening import open_published
from studio.engine.nets.text_transformer import TextTransformer, TextTransformerConfig
from studio.engine.skeleton import skeleton
from tests.engine.checkpoints import published_files as published
from tests.engine.checkpoints.test_from_pictures import HOLE, INNER, MASK, SOURCE
from tests.engine.checkpoints.test_single_files import (
    COND,
    HEADS,
    first_stage_tensors,
    loaded,
    open_clip_tensors,
    picture,
    prefixed,
    same_networks,
    whole,
)
from tests.engine.nets.comparison import noise, relative_error, shaken

NARROW = {"model_channels": 32, "num_head_channels": 16}
STEPS, SEED = 5, 11


def made(path: Path, side: int = 64, **asked: Any) -> np.ndarray:
    request = GenerateRequest(
        model=str(path), size=studio.Size(side, side), steps=STEPS, seed=SEED, sampler="ddim",
        spacing="leading", guidance=1.0, **asked,
    )  # fmt: skip
    events = list(studio.generate(request, studio.ModelLibrary(device="cpu")))
    assert not isinstance(events[-1], Failed), events[-1]
    (pixels,) = [event.pixels for event in events if isinstance(event, Produced)]
    return pixels


def sampled(unet: Any, concat: Tensor | None = None, context: Tensor | None = None) -> Tensor:
    """The published procedure with diffusers' own scheduler and networks."""
    scheduler = published.scheduler()
    scheduler.set_timesteps(STEPS)
    channels = unet.config.out_channels
    x = torch.randn(1, channels, 16, 16, generator=torch.Generator().manual_seed(SEED))
    for t in scheduler.timesteps:
        given = x if concat is None else torch.cat([x, concat], dim=1)
        told = unet(given, t).sample if context is None else unet(given, t, context).sample
        x = scheduler.step(told, t, x).prev_sample
    return x


def shown(vq: VQModel, x: Tensor) -> np.ndarray:
    return vq.decode(x).sample.clamp(-1, 1)[0].permute(1, 2, 0).numpy() / 2 + 0.5


@torch.no_grad()
def test_the_papers_inpainting_model(tmp_path: Path) -> None:
    unet = published.plain_unet(
        in_channels=7, out_channels=3, down_block_types=("AttnDownBlock2D",) * 2,
        up_block_types=("AttnUpBlock2D",) * 2, downsample_type="resnet", upsample_type="resnet",
    )  # fmt: skip
    vq = published.vq(mid_block_add_attention=False)
    tensors = whole(unet, vq, {}) | prefixed(COND, first_stage_tensors(vq))
    path = tmp_path / "inpainting.ckpt"
    torch.save({"state_dict": tensors}, path)
    published.write_yaml(tmp_path / "inpainting.yaml", unet=NARROW)
    contents = open_published(path)
    assert contents.description.family == "inpainting"
    assert contents.unexpected == ()
    model = loaded(path)
    same_networks(model, unet, vq)

    image = torch.tensor(SOURCE).permute(2, 0, 1)[None] / 255
    mask = torch.tensor(HOLE)[None, None].float()
    around = vq.encode(2 * (1 - mask) * image - 1).latents
    hole = F.interpolate(2 * mask - 1, size=(16, 16))
    predicted = shown(vq, sampled(unet, torch.cat([around, hole], dim=1)))
    ours = made(path, source=SOURCE, mask=MASK)
    assert np.abs(ours[INNER] / 255 - predicted[INNER]).max() <= 1.01 / 255
    assert np.array_equal(ours[~HOLE], SOURCE[~HOLE])

    models = studio.ModelLibrary(device="cpu")
    for asked, words in (({}, "neither which picture nor"), ({"source": SOURCE}, "not know which")):
        (*_, failed) = studio.generate(GenerateRequest(model=str(path), **asked), models)
        assert isinstance(failed, Failed)
        assert words in failed.sentence


def bert_of_boxes() -> LDMBertModel:
    config = LDMBertConfig(
        vocab_size=8192, max_position_embeddings=92, encoder_layers=2, encoder_ffn_dim=192,
        encoder_attention_heads=8, head_dim=64, d_model=48,
    )  # fmt: skip
    return shaken(LDMBertModel(config), seed=4)


@torch.no_grad()
def test_boxes(tmp_path: Path) -> None:
    unet = published.conditional_unet(48, in_channels=3, out_channels=3)
    vq, bert = published.vq(), bert_of_boxes()
    state = bert.state_dict()
    layout = TextTransformerConfig(width=48, depth=2, vocab_size=8192, max_length=92)
    with skeleton():
        names = list(TextTransformer(layout).state_dict())
    condition = {
        f"transformer.{name}": state[source.names[0]]
        for name, source in bert_sources(names).items()
    }
    path = tmp_path / "layout.ckpt"
    torch.save({"state_dict": whole(unet, vq, condition)}, path)
    published.write_yaml(tmp_path / "layout.yaml", unet=HEADS)
    model = loaded(path)
    assert model.config.family == "layout_to_image"
    assert open_published(path).unexpected == ()
    same_networks(model, unet, vq, context=noise(2, 92, 48, seed=2))

    boxes = (
        Box(label=7, left=0, top=0, right=1, bottom=0.5),
        Box(label=599, left=0.25, top=0.5, right=0.75, bottom=1),
    )
    # 90 x 90 places: column + 90 row of the nearest, 8191 = nothing, then the whole picture
    tokens = [7, 0, 89 + 90 * 44, 599, 22 + 90 * 44, 67 + 90 * 89, *[8191] * 84, 0, 8099]
    assert len(tokens) == 92
    context = bert.model(torch.tensor([tokens])).last_hidden_state
    with torch.inference_mode():
        assert relative_error(model.model.encode_boxes(boxes), context) < 1e-4
    predicted = shown(vq, sampled(unet, context=context))
    assert np.abs(made(path, boxes=boxes) / 255 - predicted).max() <= 1.01 / 255
    assert "anything may appear" in picture(path)[1][0]
    request = GenerateRequest(model=str(path), boxes=boxes * 16)
    (*_, failed) = studio.generate(request, studio.ModelLibrary(device="cpu"))
    assert isinstance(failed, Failed)
    assert failed.sentence == "This model takes at most 30 boxes."


@torch.no_grad()
def test_super_resolution(tmp_path: Path) -> None:
    unet, vq = published.plain_unet(in_channels=6, out_channels=3), published.vq()
    save_file(whole(unet, vq, {}), tmp_path / "bsr.safetensors")
    published.write_yaml(tmp_path / "bsr.yaml", unet=NARROW)
    path = tmp_path / "bsr.safetensors"
    model = loaded(path)
    assert model.config.family == "super_resolution"
    same_networks(model, unet, vq)
    small = SOURCE[:16, :16]
    concat = torch.tensor(small).permute(2, 0, 1)[None] / 127.5 - 1
    predicted = shown(vq, sampled(unet, concat))
    assert np.abs(made(path, source=small) / 255 - predicted).max() <= 1.01 / 255
    assert made(path, source=SOURCE[:13, :21]).shape == (52, 84, 3)
    request = GenerateRequest(model=str(path), source=SOURCE, mask=MASK, steps=1)
    started = next(
        event
        for event in studio.generate(request, studio.ModelLibrary(device="cpu"))
        if isinstance(event, Started)
    )
    assert started.notices == ("This model takes no mask: it has no effect.",)
    assert (started.request.size, started.request.strength) == (studio.Size(256, 256), None)
    for asked, words in (({}, "enlarges pictures, and there is none"),
                         ({"source": np.zeros((9, 1025, 3), np.uint8)}, "too large")):  # fmt: skip
        request = GenerateRequest(model=str(path), **asked)
        (*_, failed) = studio.generate(request, studio.ModelLibrary(device="cpu"))
        assert isinstance(failed, Failed)
        assert words in failed.sentence


@torch.no_grad()
@pytest.mark.parametrize("level", [20, 300])
def test_the_x4_upscaler(tmp_path: Path, level: int) -> None:
    unet = published.conditional_unet(
        64, in_channels=7, block_out_channels=(32, 96), num_class_embeds=400,
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
        only_cross_attention=(True, False), use_linear_projection=True,
    )  # fmt: skip
    vae, clip = published.vae(levels=3), published.clip(activation="gelu")
    tensors = whole(unet, vae, open_clip_tensors(clip))
    tensors |= {f"low_scale_model.{name}": t for name, t in published.schedule_buffers().items()}
    path = tmp_path / "x4.ckpt"
    torch.save({"state_dict": tensors}, path)
    published.write_yaml(tmp_path / "x4.yaml", unet=HEADS, parameterization="v",
                         linear_start=1e-4, linear_end=0.02, scale_factor=0.08333)  # fmt: skip
    published.write_clip_words(tmp_path)
    contents = open_published(path)
    assert contents.description.family == "upscaler_x4"
    assert contents.unexpected == ()
    model = loaded(path)
    assert model.unet.config.context_only_resolutions == (1,)
    x, y, t = noise(1, 7, 16, 16), torch.tensor([level]), torch.tensor([981.0])
    context = noise(1, 77, 64, seed=2)
    expected = unet(x, t, context, class_labels=y).sample
    ours = model.unet(x[:, :4], t, context=context, y=y, concat=x[:, 4:])
    assert relative_error(ours, expected) < 1e-4
    small = SOURCE[:16, :16]
    one, other = (made(path, source=small, prompt="snow", noise_level=n) for n in (level, 0))
    assert one.shape == (64, 64, 3)
    assert not np.array_equal(one, other)
