"""The U-Net's names in diffusers folders; single files carry the studio's own names."""

from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor

from studio.engine.checkpoints.source import Source
from studio.engine.nets.unet import UNetConfig

_RESIDUAL = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
_ENDS = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "label_emb": "class_embedding",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}
_PLAIN = {"norm": "group_norm", "proj_out": "to_out.0"}

OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
"""What older folders call the layers of an attention block."""


def renewed(name: str) -> str:
    """A diffusers name as the newer folders have it."""
    stem, _, kind = name.rpartition(".")
    block, _, layer = stem.rpartition(".")
    if layer in OLD_ATTENTION and ".attentions." in f".{block}.":
        return f"{block}.{OLD_ATTENTION[layer]}.{kind}"
    return name


def unet_sources(names: Iterable[str], config: UNetConfig) -> dict[str, Source]:
    """For each of the studio's names, where it lies in a diffusers folder (see ``renewed``)."""
    names = list(names)
    plain = {name.removesuffix("qkv.weight") for name in names if name.endswith(".qkv.weight")}
    return {name: _source(name, config, plain) for name in names}


def _source(name: str, config: UNetConfig, plain: set[str]) -> Source:
    stem, _, kind = name.rpartition(".")
    if stem in _ENDS:
        return Source((f"{_ENDS[stem]}.{kind}",))
    parts = name.split(".")
    if parts[0] == "middle_block":
        place, rest = _MIDDLE[parts[1]], parts[2:]
        block = ".".join(parts[:2]) + "."
    else:
        place = _place(parts, config.num_res_blocks)
        block, rest = ".".join(parts[:3]) + ".", parts[3:]
    if block in plain:
        return _plain_attention(name, block, place, config)
    inner, kind = ".".join(rest[:-1]), rest[-1]
    return Source((f"{place}.{_RESIDUAL.get(inner, 'conv' if inner == 'op' else inner)}.{kind}",))


_MIDDLE = {"0": "mid_block.resnets.0", "1": "mid_block.attentions.0", "2": "mid_block.resnets.1"}


def _place(parts: list[str], res_blocks: int) -> str:
    side, number, layer = parts[0], int(parts[1]), parts[2]
    if side == "input_blocks":
        level, index = divmod(number - 1, res_blocks + 1)
        if index == res_blocks:
            return f"down_blocks.{level}.downsamplers.0"
        return f"down_blocks.{level}.{'attentions' if layer == '1' else 'resnets'}.{index}"
    level, index = divmod(number, res_blocks + 1)
    resizes = parts[3] in ("conv", "in_layers", "emb_layers", "out_layers")
    if layer != "0" and resizes:
        return f"up_blocks.{level}.upsamplers.0"
    return f"up_blocks.{level}.{'attentions' if layer == '1' else 'resnets'}.{index}"


def _plain_attention(name: str, block: str, place: str, config: UNetConfig) -> Source:
    layer, _, kind = name.removeprefix(block).rpartition(".")
    if layer != "qkv":
        return Source((f"{place}.{_PLAIN[layer]}.{kind}",))
    names = tuple(f"{place}.to_{letter}.{kind}" for letter in "qkv")
    return Source(names, partial(_head_by_head, config))


def _head_by_head(config: UNetConfig, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The published order of the 3C rows: q, k and v of the first head, then of the next."""
    heads = config.heads(len(q))
    rows = [part.reshape(heads, len(q) // heads, -1) for part in (q, k, v)]
    return torch.stack(rows, dim=1).reshape(3 * len(q), *q.shape[1:])
