"""Every published model is recognised from the names and shapes of its tensors alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from studio.engine.checkpoints import contents
from studio.engine.checkpoints.container import Container
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.names_text import open_clip_sources
from studio.engine.checkpoints.reading import Checkpoint
from studio.engine.families import PUBLISHED_FAMILIES, opening
from studio.engine.families.opening import check_usable, open_published
from studio.engine.nets.autoencoder import AutoencoderConfig
from studio.engine.nets.class_embedder import ClassEmbedder
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.nets.text_transformer import (
    ClipText,
    ClipTextConfig,
    TextTransformer,
    TextTransformerConfig,
)
from studio.engine.nets.unet import UNet, UNetConfig
from studio.engine.skeleton import skeleton
from tests.engine.nets.test_published_layout import FIRST_STAGES, UNETS


def first_stage(name: str) -> nn.Module:
    z = 4 if name.endswith("-z4") else None  # the x4 upscaler's, published in its file alone
    kind, z_channels, mults, more, _, _ = FIRST_STAGES[name.removesuffix("-z4")]
    z_channels = z or z_channels
    config = AutoencoderConfig(
        z_channels=z_channels, embed_dim=z_channels, channels=128, channel_mult=mults,
        num_res_blocks=2, double_z="n_embed" not in more, **more,
    )  # fmt: skip
    return kind(config)


def bert(**config: int) -> dict[str, Tensor]:
    state = TextTransformer(TextTransformerConfig(**config)).state_dict()
    return {f"transformer.{name}": tensor for name, tensor in state.items()}


def clip() -> dict[str, Tensor]:
    state = ClipText(ClipTextConfig()).state_dict()
    return {f"transformer.{name}": tensor for name, tensor in state.items()}


def open_clip() -> dict[str, Tensor]:
    state = ClipText(ClipTextConfig(width=1024, depth=24, heads=16, mlp_width=4096)).state_dict()
    made = {}
    for name, source in open_clip_sources(state).items():
        stacked = "in_proj" in source.names[0]
        made[f"model.{source.names[0]}"] = torch.cat([state[name]] * 3) if stacked else state[name]
    return made | {"model.logit_scale": torch.empty(())}


CONDITIONS = {
    "none": dict,
    "clip": clip,
    "open_clip": open_clip,
    "bert1280": lambda: bert(width=1280, depth=32),
    "bert640": lambda: bert(width=640, depth=32),
    "layout": lambda: bert(width=512, depth=16, vocab_size=8192, max_length=92),
    "classes": lambda: ClassEmbedder(1000, 512).state_dict(),
    "classes and none": lambda: ClassEmbedder(1001, 512).state_dict(),
    "labels": lambda: SpatialRescaler(2, 182, 3).state_dict(),
    "first stage": lambda: first_stage("vq-f4-noattn").state_dict(),
}
# name of the U-Net: first stage, condition, family, prediction, scale factor, beta_end
ROWS = {
    "txt2img-large": ("kl-f8", "bert1280", "text_to_image", "eps", 0.18215, 0.012),
    "text2img256": ("vq-f4", "bert640", "text_to_image", "eps", 1.0, 0.0195),
    "cin256-v2": ("vq-f4", "classes and none", "class_conditional", "eps", 1.0, 0.0195),
    "cin256": ("vq-f8", "classes", "class_conditional", "eps", 1.0, 0.0195),
    "semantic_synthesis": ("vq-f4", "labels", "semantic_synthesis", "eps", 1.0, 0.0205),
    "bsr_sr": ("vq-f4", "none", "super_resolution", "eps", 1.0, 0.0155),
    "inpainting_big": ("vq-f4-noattn", "first stage", "inpainting", "eps", 1.0, 0.0205),
    "layout2img": ("vq-f4", "layout", "layout_to_image", "eps", 1.0, 0.0205),
    "celeba256": ("vq-f4", "none", "unconditional", "eps", 1.0, 0.0195),
    "lsun_churches256": ("kl-f8", "none", "unconditional", "eps", 1.0, 0.0155),
    "sd1": ("kl-f8", "clip", "stable_diffusion", "eps", 0.18215, 0.012),
    "sd1-inpainting": ("kl-f8", "clip", "stable_inpainting", "eps", 0.18215, 0.012),
    "sd2": ("kl-f8", "open_clip", "stable_diffusion", None, 0.18215, 0.012),
    "x4-upscaler": ("kl-f4-z4", "open_clip", "upscaler_x4", "v", 0.08333, 0.02),
}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    """What the next file is read as: tensors without values."""
    tensors: dict[str, Tensor] = {}

    def read(path: Path) -> Checkpoint:
        return Checkpoint(path=path, container=Container.TORCH_ZIP, tensors=tensors, values={})

    monkeypatch.setattr(contents, "read_checkpoint", read)
    monkeypatch.setattr(opening, "container_of", lambda path: Container.TORCH_ZIP)
    return tensors


def put(tensors: dict[str, Tensor], prefix: str, state: dict[str, Tensor]) -> None:
    tensors |= {prefix + name: tensor for name, tensor in state.items()}


def whole(tensors: dict[str, Tensor], config: UNetConfig, first: str, condition: str) -> None:
    with skeleton():
        put(tensors, "model.diffusion_model.", UNet(config).state_dict())
        put(tensors, "first_stage_model.", first_stage(first).state_dict())
        put(tensors, "cond_stage_model.", CONDITIONS[condition]())
        put(tensors, "", {name: torch.empty(1000) for name in ("betas", "alphas_cumprod")})


@pytest.mark.parametrize("name", ROWS)
def test_every_model_of_the_zoo(name: str, published: dict[str, Tensor], tmp_path: Path) -> None:
    first, condition, family, prediction, scale, beta_end = ROWS[name]
    config = UNetConfig(num_res_blocks=2, **UNETS[name][0])
    whole(published, config, first, condition)
    found = open_published(tmp_path / "model.ckpt")
    told = found.description
    assert (told.family, told.prediction) == (family, prediction)
    assert told.scale_factor == scale
    assert told.schedule is not None
    assert (told.schedule.kind, told.schedule.beta_end) == ("scaled_linear", beta_end)
    assert told.unet is not None
    for heads in ("num_heads", "num_head_channels"):
        assert getattr(told.unet, heads) == getattr(config, heads)
    assert [network.gathered.missing for network in found.networks.values() if
            network.gathered.missing or network.gathered.misfits] == []  # fmt: skip
    assert found.unexpected == ()
    assert not found.ema
    assert family in PUBLISHED_FAMILIES
    check_usable(found)


def test_the_other_inputs_of_stable_diffusion_2(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    base = UNetConfig(num_res_blocks=2, **UNETS["sd2"][0])
    for channels, title, family in (
        (9, "Stable Diffusion 2 inpainting", "stable_inpainting"),
        (5, "Stable Diffusion 2 depth", "stable_depth"),
    ):
        published.clear()
        whole(published, replace(base, in_channels=channels), "kl-f8", "open_clip")
        # the depth model's file holds the network that guesses depth, too
        put(published, "depth_model.", {"model.pretrained.layer1.weight": torch.empty(2)})
        found = open_published(tmp_path / "model.ckpt")
        told = found.description
        assert (told.title, told.family, told.prediction) == (title, family, "eps")
        assert found.unexpected == ()
        check_usable(found)
    other = replace(found, description=replace(told, family="unknown"))
    with pytest.raises(CheckpointError, match="knows but cannot run"):
        check_usable(other)


@pytest.mark.parametrize(("step", "prediction"), [(875_000, "eps"), (110_000, "v"), (7, None)])
def test_the_steps_that_stable_diffusion_2_was_trained_for_tell_what_it_predicts(
    published: dict[str, Tensor],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    step: int,
    prediction: str | None,
) -> None:
    whole(published, UNetConfig(num_res_blocks=2, **UNETS["sd2"][0]), "kl-f8", "open_clip")
    read = contents.read_checkpoint
    monkeypatch.setattr(
        contents,
        "read_checkpoint",
        lambda path: replace(read(path), values={"global_step": step}),
    )
    assert open_published(tmp_path / "model.ckpt").description.prediction == prediction


@pytest.mark.parametrize("name", FIRST_STAGES)
def test_every_first_stage(name: str, published: dict[str, Tensor], tmp_path: Path) -> None:
    with skeleton():
        module = first_stage(name)
        put(published, "", module.state_dict())
        put(published, "loss.", {"logvar": torch.empty(())})
    found = open_published(tmp_path / "model.ckpt")
    assert found.description.title == name
    assert found.ignored == ("loss.logvar",)
    assert found.description.first_stage == module.config
    check_usable(found)


def test_what_nobody_published(published: dict[str, Tensor], tmp_path: Path) -> None:
    put(published, "", {"something.weight": torch.empty(3)})
    with pytest.raises(CheckpointError, match=r"its first tensor is “something\.weight”"):
        open_published(tmp_path / "model.ckpt")
    published.clear()
    config = UNetConfig(num_res_blocks=2, **{**UNETS["celeba256"][0], "model_channels": 64})
    whole(published, config, "vq-f4", "none")
    with pytest.raises(CheckpointError, match=r"put its configuration beside it as model\.yaml"):
        open_published(tmp_path / "model.ckpt")
