"""Image-to-image, inpainting and enlarging: the same pictures as the reference pipelines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    DDPMScheduler,
    LDMSuperResolutionPipeline,
    StableDiffusionDepth2ImgPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionUpscalePipeline,
)
from PIL import Image

import studio
from studio.contract.events import Failed, Produced, Started
from studio.contract.request import GenerateRequest
from studio.engine.families.opening import open_published
from tests.engine.checkpoints import published_files as published
from tests.engine.checkpoints.test_folders import agree, clip_words, theirs
from tests.engine.nets.comparison import noise, relative_error

PROMPT = "a snow lake"
SOURCE = np.kron(
    np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8)
)
MASK = np.zeros((64, 64), np.uint8)
MASK[16:48, 8:40] = 255
HOLE = MASK > 0
INNER = np.zeros_like(HOLE)  # where the new has faded in
INNER[19:45, 11:37] = True


def made(path: Path, **asked: object) -> np.ndarray:
    asked = {"steps": 5, "sampler": "ddim", "spacing": "leading", "source": SOURCE, **asked}
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), seed=11, **asked)
    events = list(studio.generate(request, studio.ModelLibrary(device="cpu")))
    assert not isinstance(events[-1], Failed), events[-1]
    (pixels,) = [event.pixels for event in events if isinstance(event, Produced)]
    return pixels


@pytest.fixture(scope="module")
def stable(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("stable")
    pipeline = published.stable_diffusion(clip_words(folder / "words"))
    pipeline.save_pretrained(folder / "sd")
    return folder / "sd", pipeline.components


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_image_to_image(stable: tuple[Path, dict[str, object]], strength: float) -> None:
    path, parts = stable
    asked = {"prompt": PROMPT, "guidance_scale": 3.0, "strength": strength}
    image = Image.fromarray(SOURCE)
    expected = theirs(StableDiffusionImg2ImgPipeline(**parts), image=image, **asked)
    agree(made(path, prompt=PROMPT, guidance=3.0, strength=strength), expected)


def test_any_model_repaints_what_the_mask_leaves_open(
    stable: tuple[Path, dict[str, object]],
) -> None:
    path, parts = stable
    expected = theirs(
        StableDiffusionInpaintPipeline(**parts), image=Image.fromarray(SOURCE),
        mask_image=Image.fromarray(MASK), height=64, width=64, prompt=PROMPT,
        guidance_scale=3.0, strength=0.8,
    )  # fmt: skip
    ours = made(path, mask=MASK, prompt=PROMPT, guidance=3.0, strength=0.8)
    agree(ours[INNER], expected[INNER])
    assert np.array_equal(ours[~HOLE], SOURCE[~HOLE])


@pytest.fixture(scope="module")
def inpainting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    folder = tmp_path_factory.mktemp("fill")
    parts = published.stable_diffusion(
        clip_words(folder / "words"), unet=published.conditional_unet(64, in_channels=9)
    ).components
    pipeline = StableDiffusionInpaintPipeline(**parts)
    pipeline.save_pretrained(folder / "fill")
    return folder / "fill", pipeline


@pytest.mark.parametrize("strength", [0.8, 1.0])
def test_a_true_inpainting_model(inpainting: tuple[Path, object], strength: float) -> None:
    path, pipeline = inpainting
    expected = theirs(
        pipeline, image=Image.fromarray(SOURCE), mask_image=Image.fromarray(MASK), height=64,
        width=64, prompt=PROMPT, guidance_scale=3.0, strength=strength,
    )  # fmt: skip
    ours = made(path, mask=MASK, prompt=PROMPT, guidance=3.0, strength=strength)
    agree(ours[INNER], expected[INNER])
    assert np.array_equal(ours[~HOLE], SOURCE[~HOLE])


DEPTH = np.add.outer(np.arange(64), 2 * np.arange(64)).astype(np.uint8)


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_the_depth_model(tmp_path: Path, strength: float) -> None:
    parts = published.stable_diffusion(
        clip_words(tmp_path / "words"), unet=published.conditional_unet(64, in_channels=5)
    ).components
    parts = {name: part for name, part in parts.items() if not name.startswith(("safety", "image"))}
    pipeline = StableDiffusionDepth2ImgPipeline(
        **parts | {"depth_estimator": None, "feature_extractor": None}
    )
    pipeline.save_pretrained(tmp_path / "depth")
    path = tmp_path / "depth"
    assert open_published(path).description.family == "stable_depth"
    expected = theirs(
        pipeline, image=Image.fromarray(SOURCE), depth_map=torch.tensor(DEPTH)[None].float(),
        prompt=PROMPT, guidance_scale=3.0, strength=strength,
    )  # fmt: skip
    asked = {"prompt": PROMPT, "guidance": 3.0, "strength": strength}
    agree(made(path, depth=DEPTH, **asked), expected)
    from_noise = made(path, depth=DEPTH, source=None, prompt=PROMPT)
    assert not np.array_equal(from_noise, made(path, depth=DEPTH.T, source=None, prompt=PROMPT))
    larger = made(path, depth=np.kron(DEPTH, np.ones((2, 2), np.uint8)), source=None, prompt=PROMPT)
    assert np.abs(from_noise.astype(int) - larger).mean() < 3

    models = studio.ModelLibrary(device="cpu")
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=1)
    (*_, failed) = studio.generate(request, models)
    assert isinstance(failed, Failed)
    assert "near is bright" in failed.action
    flat = replace(request, depth=np.full((64, 64), 9, np.uint8))
    started = next(e for e in studio.generate(flat, models) if isinstance(e, Started))
    assert "of one grey" in " ".join(started.notices)


def test_other_models_take_no_depth(stable: tuple[Path, dict[str, object]]) -> None:
    request = GenerateRequest(model=str(stable[0]), size=studio.Size(64, 64), steps=1, depth=DEPTH)
    models = studio.ModelLibrary(device="cpu")
    started = next(e for e in studio.generate(request, models) if isinstance(e, Started))
    assert "takes no depth picture" in started.notices[0]


@torch.no_grad()
def test_the_x4_upscaler(tmp_path: Path) -> None:
    unet = published.conditional_unet(
        64, in_channels=7, block_out_channels=(32, 64, 128), num_class_embeds=400,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        only_cross_attention=(True, True, False), use_linear_projection=True,
    )  # fmt: skip
    pipeline = StableDiffusionUpscalePipeline(
        vae=published.vae(levels=3, scaling_factor=0.08333),
        text_encoder=published.clip(),
        tokenizer=clip_words(tmp_path / "words"),
        unet=unet,
        low_res_scheduler=DDPMScheduler(
            beta_start=1e-4, beta_end=0.02, beta_schedule="scaled_linear"
        ),
        scheduler=published.scheduler("v_prediction", beta_start=1e-4, beta_end=0.02),
    )
    pipeline.save_pretrained(tmp_path / "x4")
    model = studio.load(tmp_path / "x4", device="cpu")
    assert model.config.family == "upscaler_x4"
    x, t, y = noise(2, 7, 8, 8), torch.tensor([981.0, 1.0]), torch.tensor([20, 350])
    context = noise(2, 77, 64, seed=2)
    expected = unet(x, t, context, class_labels=y).sample
    ours = model.unet(x[:, :4], t, context=context, y=y, concat=x[:, 4:])
    assert relative_error(ours, expected) < 1e-4
    small = SOURCE[::2, ::2][:16, :32]
    expected = theirs(pipeline, image=Image.fromarray(small), prompt=PROMPT, guidance_scale=3.0,
                      noise_level=30)  # fmt: skip
    assert expected.shape == (64, 128, 3)
    made_larger = made(tmp_path / "x4", source=small, prompt=PROMPT, guidance=3.0, noise_level=30)
    agree(made_larger, expected)


def test_super_resolution(tmp_path: Path) -> None:
    unet = published.plain_unet(in_channels=6, out_channels=3)
    vq = published.vq(scaling_factor=1.0)
    pipeline = LDMSuperResolutionPipeline(vq, unet, published.scheduler())
    pipeline.save_pretrained(tmp_path / "bsr")
    assert open_published(tmp_path / "bsr").description.family == "super_resolution"
    small = SOURCE[:32, :64]
    expected = theirs(pipeline, image=Image.fromarray(small))
    assert expected.shape == (128, 256, 3)
    agree(made(tmp_path / "bsr", source=small), expected)
