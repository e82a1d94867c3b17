"""Published kinds of models with random weights, small enough for tests, as single files."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.engine.checkpoints import published_files as published
from tests.engine.checkpoints.test_single_files import HEADS, clip_tensors, whole
from tests.engine.nets.comparison import noise


@torch.no_grad()
def write_stable_diffusion(path: Path, *, channels: int = 4, words: bool = True) -> Path:
    """Text to image, with 5 ``channels`` the depth model, with 9 inpainting; its word list beside
    it unless told otherwise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unet = published.conditional_unet(64, in_channels=channels)
    clip = published.clip()
    save_file(whole(unet, published.vae(), clip_tensors(clip)), path)
    published.write_yaml(path.with_suffix(".yaml"), unet=HEADS, scale_factor=0.18215)
    if words:
        published.write_clip_words(path.with_name("tokenizer"))
    return path


@torch.no_grad()
def write_classes(path: Path) -> Path:
    """A thousand classes, and one for none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unet = published.conditional_unet(16, in_channels=3, out_channels=3)
    tensors = whole(unet, published.vq(), {"embedding.weight": noise(1001, 16, seed=5)})
    save_file(tensors, path)
    published.write_yaml(path.with_suffix(".yaml"), unet=HEADS)
    return path


@torch.no_grad()
def write_labels(path: Path) -> Path:
    """A landscapes model of 182 labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unet = published.plain_unet(in_channels=6, out_channels=3)
    mapper = noise(3, 182, 1, 1, seed=6)
    save_file(whole(unet, published.vq(), {"channel_mapper.weight": mapper}), path)
    published.write_yaml(
        path.with_suffix(".yaml"),
        linear_start=0.0015,
        linear_end=0.0205,
        unet={"model_channels": 32, "num_head_channels": 16},
        cond_stage_config={"params": {"n_stages": 2}},
    )
    return path
