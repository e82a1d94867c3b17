"""The U-Net: the same outputs as diffusers' with the same weights, and its own options."""

from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel, UNet2DModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from torch import Tensor, nn

from studio.engine.nets.attention import AttentionBlock, SpatialTransformer
from studio.engine.nets.unet import UNet, UNetConfig
from tests.engine.nets.comparison import noise, relative_error, shaken

SMALL = UNetConfig(
    in_channels=4,
    out_channels=4,
    model_channels=32,
    channel_mult=(1, 2, 2),
    num_res_blocks=2,
    attention_resolutions=(2, 1),
    num_heads=4,
    context_dim=24,
)
PLAIN = replace(SMALL, context_dim=None, num_heads=None, num_head_channels=16)
T = torch.tensor([981.0, 1.5])


def build(config: UNetConfig) -> UNet:
    return shaken(UNet(config))


def theirs_from_ours(config: UNetConfig, net: UNet, theirs: nn.Module) -> nn.Module:
    """diffusers' network filled by diffusers' own reading of the published layout."""
    prefixed = {f"model.diffusion_model.{name}": t for name, t in net.state_dict().items()}
    read = convert_ldm_unet_checkpoint(prefixed, theirs.config)
    state: dict[str, Tensor] = {}
    for name, tensor in read.items():
        state |= _plain_attention(config, name, tensor)
    if config.resblock_updown:
        state = _resizing_blocks(config, net, state)
    theirs.load_state_dict(state)
    return theirs.eval()


def _plain_attention(config: UNetConfig, name: str, tensor: Tensor) -> dict[str, Tensor]:
    """An AttentionBlock's tensor under diffusers' names, which its converter leaves alone."""
    stem, _, kind = name.rpartition(".")
    if ".attentions." not in name or config.context_dim is not None:
        return {name: tensor}
    if stem.endswith(".qkv"):
        heads = config.heads(len(tensor) // 3)
        parts = tensor.reshape(heads, 3, len(tensor) // 3 // heads, -1).unbind(1)
        base = stem.removesuffix("qkv")
        flat = [part.flatten(0, 1) for part in parts]
        return {
            f"{base}to_{letter}.{kind}": part if kind == "weight" else part.flatten()
            for letter, part in zip("qkv", flat, strict=True)
        }
    if stem.endswith(".proj_out"):
        squeezed = tensor.squeeze(-1) if kind == "weight" else tensor
        return {f"{stem.removesuffix('proj_out')}to_out.0.{kind}": squeezed}
    return {f"{stem.removesuffix('norm')}group_norm.{kind}": tensor}


def _resizing_blocks(config: UNetConfig, net: UNet, state: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {
        "in_layers.0": "norm1",
        "in_layers.2": "conv1",
        "emb_layers.1": "time_emb_proj",
        "out_layers.0": "norm2",
        "out_layers.3": "conv2",
    }
    per_level = config.num_res_blocks + 1
    wrong = f".resnets.{config.num_res_blocks}."
    state = {n: t for n, t in state.items() if not (n.startswith("down_blocks.") and wrong in n)}
    state = {n: t for n, t in state.items() if "layers." not in n}
    for level in range(len(config.channel_mult) - 1):
        down = net.input_blocks[per_level * (level + 1)][0]
        up = net.output_blocks[per_level * (level + 1) - 1][-1]
        for ours, theirs in names.items():
            for kind in ("weight", "bias"):
                key = f"{ours}.{kind}"
                their_key = f"{theirs}.{kind}"
                state[f"down_blocks.{level}.downsamplers.0.{their_key}"] = down.state_dict()[key]
                state[f"up_blocks.{level}.upsamplers.0.{their_key}"] = up.state_dict()[key]
    return state


def conditional(config: UNetConfig, **more: Any) -> UNet2DConditionModel:
    widths = [mult * config.model_channels for mult in config.channel_mult]
    down = [
        "CrossAttnDownBlock2D" if 2**level in config.attention_resolutions else "DownBlock2D"
        for level in range(len(widths))
    ]
    return UNet2DConditionModel(
        in_channels=config.in_channels,
        out_channels=config.out_channels,
        block_out_channels=widths,
        layers_per_block=config.num_res_blocks,
        down_block_types=down,
        up_block_types=[kind.replace("Down", "Up") for kind in reversed(down)],
        attention_head_dim=[config.heads(width) for width in widths],
        cross_attention_dim=config.context_dim,
        transformer_layers_per_block=config.transformer_depth,
        use_linear_projection=config.use_linear_in_transformer,
        num_class_embeds=config.num_classes,
        **more,
    )


@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        replace(
            SMALL,
            in_channels=9,
            num_heads=None,
            num_head_channels=8,
            use_linear_in_transformer=True,
            transformer_depth=2,
        ),
        replace(SMALL, num_heads=1, attention_resolutions=(4, 2), num_classes=10),
    ],
    ids=["sd1", "sd2-inpainting", "one-head-classes"],
)
def test_agrees_with_diffusers_with_a_context(config: UNetConfig) -> None:
    net = build(config)
    theirs = theirs_from_ours(config, net, conditional(config))
    x, context = noise(2, config.in_channels, 16, 8), noise(2, 7, 24, seed=2)
    y = torch.tensor([3, 9]) if config.num_classes else None
    expected = theirs(x, T, context, class_labels=y).sample
    assert relative_error(net(x, T, context, y), expected) < 1e-4


@pytest.mark.parametrize(
    "config",
    [PLAIN, replace(PLAIN, resblock_updown=True, use_scale_shift_norm=True)],
    ids=["celeba", "churches"],
)
def test_agrees_with_diffusers_without_a_context(config: UNetConfig) -> None:
    config = replace(config, attention_resolutions=(4, 2, 1))
    net = build(config)
    resize = "resnet" if config.resblock_updown else "conv"
    theirs = UNet2DModel(
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64, 64),
        layers_per_block=2,
        down_block_types=("AttnDownBlock2D",) * 3,
        up_block_types=("AttnUpBlock2D",) * 3,
        attention_head_dim=config.num_head_channels,
        attn_norm_num_groups=32,
        resnet_time_scale_shift="scale_shift" if config.use_scale_shift_norm else "default",
        downsample_type=resize,
        upsample_type=resize,
    )
    theirs_from_ours(config, net, theirs)
    x = noise(2, 4, 8, 16)
    assert relative_error(net(x, T), theirs(x, T).sample) < 1e-4


def test_a_fresh_network_predicts_zero() -> None:
    x = noise(1, 4, 8, 8)
    assert UNet(PLAIN)(x, T[:1]).abs().max() == 0


def test_cross_attention_at_some_factors_only() -> None:
    config = replace(SMALL, cross_attention_resolutions=(2,))
    net = build(config)
    kinds = {
        name: type(layer)
        for name, layer in net.named_modules()
        if isinstance(layer, AttentionBlock | SpatialTransformer)
    }
    assert kinds["input_blocks.1.1"] is AttentionBlock
    assert kinds["input_blocks.4.1"] is SpatialTransformer
    assert kinds["middle_block.1"] is SpatialTransformer
    assert kinds["output_blocks.8.1"] is AttentionBlock
    x = noise(2, 4, 8, 8)
    one, other = (net(x, T, noise(2, 5, 24, seed=seed)) for seed in (2, 3))
    assert relative_error(one, other) > 1e-2


@pytest.mark.parametrize("size", [(4, 4), (4, 12), (20, 8)])
def test_any_multiple_of_the_deepest_factor(size: tuple[int, int]) -> None:
    assert SMALL.size_multiple == 4
    out = build(PLAIN)(noise(2, 4, *size), T)
    assert out.shape == (2, 4, *size)
    assert out.isfinite().all()


def test_each_picture_of_a_batch_is_its_own() -> None:
    net = build(SMALL)
    x, context = noise(2, 4, 8, 8), noise(2, 5, 24, seed=2)
    alone = torch.cat([net(x[i : i + 1], T[i : i + 1], context[i : i + 1]) for i in range(2)])
    assert relative_error(net(x, T, context), alone) < 1e-5


def test_half_weights_take_and_return_the_callers_dtype() -> None:
    net = build(SMALL)
    x, context = noise(2, 4, 8, 8), noise(2, 5, 24, seed=2)
    expected = net(x, T, context)
    half = net.to(torch.bfloat16)(x, T, context)
    assert half.dtype == torch.float32
    assert relative_error(half, expected) < 0.1


def test_gradients_reach_every_parameter() -> None:
    net = build(replace(SMALL, cross_attention_resolutions=(2,), num_classes=5))
    net.requires_grad_(True)
    x, context = noise(2, 4, 8, 8), noise(2, 5, 24, seed=2)
    net(x, T, context, torch.tensor([0, 1])).square().mean().backward()
    idle = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_a_config_survives_a_file() -> None:
    listed = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(SMALL).items()}
    assert UNetConfig(**listed) == SMALL


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_heads": None}, "either num_heads or num_head_channels"),
        ({"num_head_channels": 8}, "either num_heads or num_head_channels"),
        ({"channel_mult": ()}, "at least one level"),
        ({"model_channels": 24}, "24 channels do not divide into 32 norm groups"),
        ({"cross_attention_resolutions": (8,)}, "must be among attention_resolutions"),
        ({"context_dim": None, "cross_attention_resolutions": (2,)}, "needs a context_dim"),
        ({"context_dim": None, "pooled_context": True}, "needs a context_dim"),
    ],
)
def test_numbers_that_do_not_fit_together(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **change)


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="32 channels do not divide into whole attention heads"):
        UNet(replace(SMALL, num_heads=5))


def test_inputs_that_do_not_fit() -> None:
    net = build(SMALL)
    context = noise(2, 5, 24)
    with pytest.raises(ValueError, match=r"10x8 does not fit .* multiples of 4"):
        net(noise(2, 4, 8, 10), T, context)
    with pytest.raises(ValueError, match="needs a context"):
        net(noise(2, 4, 8, 8), T)
    with pytest.raises(ValueError, match="takes no class"):
        net(noise(2, 4, 8, 8), T, context, torch.tensor([0, 1]))


def test_the_first_token_steers_every_block_when_pooled() -> None:
    net = build(replace(SMALL, pooled_context=True))
    x, context = noise(2, 4, 8, 8), noise(2, 5, 24, seed=2)
    before = net(x, T, context)
    with torch.no_grad():
        net.pooled_emb.weight.zero_()
        net.pooled_emb.bias.zero_()
    assert relative_error(net(x, T, context), before) > 0.01
