"""What a network is built from, read off the names and shapes of its tensors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.nets.autoencoder import AutoencoderConfig
from studio.engine.nets.text_transformer import ClipTextConfig, TextTransformerConfig
from studio.engine.nets.unet import UNetConfig

Shapes = Mapping[str, torch.Size]


@dataclass(frozen=True, kw_only=True)
class ClassConfig:
    """Classes as a context of one token of ``width``."""

    classes: int
    width: int


@dataclass(frozen=True, kw_only=True)
class LabelConfig:
    """A one-hot label map halved ``stages`` times, its ``labels`` mapped to ``channels``."""

    labels: int
    channels: int
    stages: int


ConditionConfig = ClipTextConfig | TextTransformerConfig | ClassConfig | LabelConfig


class _UnreadableError(Exception):
    """The names or shapes are not those of this kind of network."""


def _shape(shapes: Shapes, name: str, dimensions: int) -> torch.Size:
    shape = shapes.get(name)
    if shape is None or len(shape) != dimensions:
        raise _UnreadableError(name)
    return shape


def unet_config(shapes: Shapes, heads: Mapping[str, Any], file: str) -> UNetConfig:
    """The U-Net whose tensors these are.

    ``heads`` is {"num_heads": n} or {"num_head_channels": n}, which no tensor tells.
    CheckpointError when they are no U-Net's.
    """
    try:
        return UNetConfig(**unet_structure(shapes), **heads)
    except (_UnreadableError, ValueError) as error:
        raise CheckpointError(f"The U-Net in {file} cannot be made out ({error}).") from error


def unet_structure(shapes: Shapes) -> dict[str, Any]:
    """The fields of UNetConfig without the heads; for published names only."""
    width, in_channels = _shape(shapes, "input_blocks.0.0.weight", 4)[:2]
    outputs = 1 + max((_number(name, "output_blocks.") for name in shapes), default=-1)
    resizing = [
        (number, layer, kind)
        for number in range(outputs)
        for layer in (1, 2)
        for kind in ("conv", "in_layers.2")
        if f"output_blocks.{number}.{layer}.{kind}.weight" in shapes
    ]
    per_level = resizing[0][0] + 1 if resizing else outputs
    if per_level < 2 or outputs % per_level:
        raise _UnreadableError("output_blocks")
    levels = outputs // per_level
    mults, attends, crosses, only = [], [], [], []
    to_k = "middle_block.1.transformer_blocks.0.attn2.to_k.weight"
    crossed = to_k in shapes
    for level in range(levels):
        first = f"output_blocks.{per_level * (levels - 1 - level)}"
        channels = _shape(shapes, f"{first}.0.out_layers.3.weight", 4)[0]
        mults.append(channels // width)
        if f"{first}.1.qkv.weight" in shapes or f"{first}.1.proj_in.weight" in shapes:
            attends.append(2**level)
        if f"{first}.1.proj_in.weight" in shapes:
            crosses.append(2**level)
            own = _shape(shapes, f"{first}.1.transformer_blocks.0.attn1.to_k.weight", 2)
            if crossed and own[1] != channels and own[1] == shapes[to_k][1]:
                only.append(2**level)
    emb, second = "middle_block.0.emb_layers.1.weight", "middle_block.0.out_layers.3.weight"
    classes = shapes.get("label_emb.weight")
    return {
        "in_channels": in_channels,
        "out_channels": _shape(shapes, "out.2.weight", 4)[0],
        "model_channels": width,
        "channel_mult": tuple(mults),
        "num_res_blocks": per_level - 1,
        "attention_resolutions": tuple(attends),
        "context_dim": _shape(shapes, to_k, 2)[1] if crossed else None,
        "cross_attention_resolutions": tuple(crosses) if crossed and crosses != attends else None,
        "transformer_depth": 1 + max(
            (_number(name, "middle_block.1.transformer_blocks.") for name in shapes), default=0
        )
        if crossed
        else 1,
        "context_only_resolutions": tuple(only),
        "use_linear_in_transformer": crossed
        and len(shapes.get("middle_block.1.proj_in.weight", ())) == 2,
        "resblock_updown": bool(resizing) and resizing[0][2] != "conv",
        "use_scale_shift_norm": _shape(shapes, emb, 2)[0] == 2 * _shape(shapes, second, 4)[0],
        "num_classes": classes[0] if classes is not None else None,
    }  # fmt: skip


def _number(name: str, prefix: str) -> int:
    """The number that follows the prefix, -1 where the name is another's."""
    matched = re.match(re.escape(prefix) + r"(\d{1,3})\.", name)
    return int(matched[1]) if matched else -1


def first_stage_config(shapes: Shapes, file: str) -> AutoencoderConfig:
    """The first stage whose tensors these are; CheckpointError when they are no first stage's."""
    try:
        return _first_stage_config(shapes)
    except (_UnreadableError, ValueError) as error:
        raise CheckpointError(f"The first stage in {file} cannot be made out ({error}).") from error


def _first_stage_config(shapes: Shapes) -> AutoencoderConfig:
    channels, in_channels = _shape(shapes, "encoder.conv_in.weight", 4)[:2]
    z_channels, embed_dim = _shape(shapes, "post_quant_conv.weight", 4)[:2]
    levels = 1 + max(_number(name, "encoder.down.") for name in shapes)
    blocks = 1 + max(_number(name, "encoder.down.0.block.") for name in shapes)
    mults = [
        _shape(shapes, f"encoder.down.{level}.block.0.conv1.weight", 4)[0] // channels
        for level in range(levels)
    ]
    codebook = shapes.get("quantize.embedding.weight")
    return AutoencoderConfig(
        z_channels=z_channels,
        embed_dim=embed_dim,
        channels=channels,
        channel_mult=tuple(mults),
        num_res_blocks=blocks,
        attn_resolutions=tuple(
            256 // 2**level
            for level in range(levels)
            if f"encoder.down.{level}.attn.0.q.weight" in shapes
        ),
        in_channels=in_channels,
        out_channels=_shape(shapes, "decoder.conv_out.weight", 4)[0],
        attention="vanilla" if "encoder.mid.attn_1.q.weight" in shapes else "none",
        double_z=codebook is None,
        n_embed=codebook[0] if codebook is not None else None,
    )


def condition_config(shapes: Shapes, file: str) -> tuple[ConditionConfig | None, str]:
    """The conditioner whose tensors these are, None for none, and the prefix they all have.

    CheckpointError when they are of an unknown kind.
    """
    try:
        return _condition_config(shapes)
    except (_UnreadableError, ValueError, ZeroDivisionError) as error:
        raise CheckpointError(f"The conditioner in {file} cannot be made out ({error}).") from error


def _condition_config(shapes: Shapes) -> tuple[ConditionConfig | None, str]:
    if not shapes:
        return None, ""
    if "embedding.weight" in shapes:
        classes, width = _shape(shapes, "embedding.weight", 2)
        return ClassConfig(classes=classes, width=width), ""
    if "channel_mapper.weight" in shapes:
        channels, labels = _shape(shapes, "channel_mapper.weight", 4)[:2]
        return LabelConfig(labels=labels, channels=channels, stages=0), ""
    prefix = "transformer."
    if f"{prefix}token_emb.weight" in shapes:
        return _bert(shapes, prefix), prefix
    if f"{prefix}text_model.embeddings.token_embedding.weight" in shapes:
        return clip_config(shapes, f"{prefix}text_model."), prefix
    if "model.token_embedding.weight" in shapes:
        return _open_clip(shapes), "model."
    raise _UnreadableError(next(iter(shapes)))


def _bert(shapes: Shapes, prefix: str) -> TextTransformerConfig:
    vocab_size, width = _shape(shapes, f"{prefix}token_emb.weight", 2)
    inner = _shape(shapes, f"{prefix}attn_layers.layers.0.1.to_q.weight", 2)[0]
    depth = (1 + max(_number(name, f"{prefix}attn_layers.layers.") for name in shapes)) // 2
    return TextTransformerConfig(
        width=width,
        depth=depth,
        vocab_size=vocab_size,
        max_length=_shape(shapes, f"{prefix}pos_emb.emb.weight", 2)[0],
        heads=inner // 64,
        dim_head=64,
    )


def clip_config(shapes: Shapes, prefix: str) -> ClipTextConfig:
    """CLIP's text tower of the usual names; its heads are 64 wide, its GELU the quick one."""
    vocab_size, width = _shape(shapes, f"{prefix}embeddings.token_embedding.weight", 2)
    return ClipTextConfig(
        width=width,
        depth=1 + max(_number(name, f"{prefix}encoder.layers.") for name in shapes),
        heads=width // 64,
        mlp_width=_shape(shapes, f"{prefix}encoder.layers.0.mlp.fc1.weight", 2)[0],
        vocab_size=vocab_size,
        max_length=_shape(shapes, f"{prefix}embeddings.position_embedding.weight", 2)[0],
    )


def _open_clip(shapes: Shapes) -> ClipTextConfig:
    """Without its last block: what the published models attend to is the state before it."""
    vocab_size, width = _shape(shapes, "model.token_embedding.weight", 2)
    blocks = 1 + max(_number(name, "model.transformer.resblocks.") for name in shapes)
    if blocks < 2:
        raise _UnreadableError("model.transformer.resblocks")
    return ClipTextConfig(
        width=width,
        depth=blocks - 1,
        heads=width // 64,
        mlp_width=_shape(shapes, "model.transformer.resblocks.0.mlp.c_fc.weight", 2)[0],
        vocab_size=vocab_size,
        max_length=_shape(shapes, "model.positional_embedding", 2)[0],
        activation="gelu",
    )
