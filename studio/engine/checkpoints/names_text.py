"""The text encoders' names: CLIP's and OpenCLIP's towers, and latent diffusion's own encoder."""

import re
from collections.abc import Iterable
from functools import partial

from torch import Tensor

from studio.engine.checkpoints.source import Source

_OPEN_CLIP = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
_OPEN_CLIP_ENDS = {
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm.weight": "ln_final.weight",
    "text_model.final_layer_norm.bias": "ln_final.bias",
}
_LAYER = re.compile(r"text_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")


def open_clip_sources(names: Iterable[str]) -> dict[str, Source]:
    """For each name of ClipText, where it lies in an OpenCLIP text tower."""
    return {name: _open_clip_source(name) for name in names}


def _open_clip_source(name: str) -> Source:
    matched = _LAYER.fullmatch(name)
    if not matched:
        return Source((_OPEN_CLIP_ENDS[name],))
    number, layer, kind = matched.groups()
    block = f"transformer.resblocks.{number}"
    if layer in _OPEN_CLIP:
        return Source((f"{block}.{_OPEN_CLIP[layer]}.{kind}",))
    third = ("q", "k", "v").index(layer.removeprefix("self_attn.")[0])
    return Source((f"{block}.attn.in_proj_{kind}",), partial(_third, third))


def _third(third: int, stacked: Tensor) -> Tensor:
    return stacked.chunk(3)[third]


def clip_sources(names: Iterable[str], present: Iterable[str]) -> dict[str, Source]:
    """For each name of ClipText, its name among those present, which may leave out the prefix."""
    prefixed = any(name.startswith("text_model.") for name in present)
    return {
        name: Source((name if prefixed else name.removeprefix("text_model."),)) for name in names
    }


_BERT_ENDS = {
    "token_emb": "model.embed_tokens",
    "pos_emb.emb": "model.embed_positions",
    "norm": "model.layer_norm",
}
_BERT_LAYERS = (
    {
        "0": "self_attn_layer_norm",
        "1.to_q": "self_attn.q_proj",
        "1.to_k": "self_attn.k_proj",
        "1.to_v": "self_attn.v_proj",
        "1.to_out": "self_attn.out_proj",
    },
    {"0": "final_layer_norm", "1.net.0.0": "fc1", "1.net.2": "fc2"},
)


def bert_sources(names: Iterable[str]) -> dict[str, Source]:
    """For each name of TextTransformer, where it lies in a diffusers folder's bert/."""
    return {name: Source((_bert_name(name),)) for name in names}


def _bert_name(name: str) -> str:
    stem, _, kind = name.rpartition(".")
    if stem in _BERT_ENDS:
        return f"{_BERT_ENDS[stem]}.{kind}"
    number, _, layer = stem.removeprefix("attn_layers.layers.").partition(".")
    pair, half = divmod(int(number), 2)
    return f"model.layers.{pair}.{_BERT_LAYERS[half][layer]}.{kind}"
