"""The first stage's names in diffusers folders; single files carry the studio's own names."""

import re
from collections.abc import Iterable

from studio.engine.checkpoints.source import Source

_LAYERS = {
    "q": "to_q",
    "k": "to_k",
    "v": "to_v",
    "proj_out": "to_out.0",
    "norm": "group_norm",
}
_MIDDLE = {"block_1": "resnets.0", "attn_1": "attentions.0", "block_2": "resnets.1"}


def first_stage_sources(names: Iterable[str], levels: int) -> dict[str, Source]:
    """For each of the studio's names, where it lies in a diffusers folder (see ``renewed``)."""
    return {name: Source((_diffusers_name(name, levels),)) for name in names}


def _diffusers_name(name: str, levels: int) -> str:
    if matched := re.fullmatch(r"(encoder|decoder)\.mid\.(\w+)\.(\w+)\.(\w+)", name):
        side, block, layer, kind = matched.groups()
        return f"{side}.mid_block.{_MIDDLE[block]}.{_layer(block, layer)}.{kind}"
    if matched := re.fullmatch(r"(encoder|decoder)\.(down|up)\.(\d+)\.(.+)", name):
        side, way, number, rest = matched.groups()
        level = int(number) if way == "down" else levels - 1 - int(number)
        return f"{side}.{way}_blocks.{level}.{_in_level(rest)}"
    return name.replace("norm_out", "conv_norm_out")


def _in_level(rest: str) -> str:
    if matched := re.fullmatch(r"(block|attn)\.(\d+)\.(\w+)\.(\w+)", rest):
        block, index, layer, kind = matched.groups()
        place = "resnets" if block == "block" else "attentions"
        return f"{place}.{index}.{_layer(block, layer)}.{kind}"
    return re.sub(r"^(down|up)sample\.", r"\1samplers.0.", rest)


def _layer(block: str, layer: str) -> str:
    if block.startswith("attn"):
        return _LAYERS[layer]
    return "conv_shortcut" if layer == "nin_shortcut" else layer
