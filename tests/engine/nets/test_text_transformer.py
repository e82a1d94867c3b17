"""Text encoders: the same context as the published implementations' with the same weights."""

from dataclasses import replace

import pytest
import torch
from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import (
    LDMBertConfig,
    LDMBertModel,
)
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from studio.engine.nets.text_transformer import (
    ClipText,
    ClipTextConfig,
    TextTransformer,
    TextTransformerConfig,
)
from tests.engine.nets.comparison import relative_error, shaken

TEXT = TextTransformerConfig(width=48, depth=3, heads=2, dim_head=16, vocab_size=50, max_length=9)
CLIP = ClipTextConfig(width=32, depth=3, heads=2, mlp_width=64, vocab_size=50, max_length=9)


def ids(length: int = 9) -> Tensor:
    return torch.randint(0, 50, (2, length), generator=torch.Generator().manual_seed(0))


def bert_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    places = {
        "token_emb": "model.embed_tokens",
        "pos_emb.emb": "model.embed_positions",
        "norm": "model.layer_norm",
    }
    for i in range(TEXT.depth):
        ours, theirs = f"attn_layers.layers.{2 * i}", f"model.layers.{i}"
        places[f"{ours}.0"] = f"{theirs}.self_attn_layer_norm"
        for part in ("q", "k", "v", "out"):
            places[f"{ours}.1.to_{part}"] = f"{theirs}.self_attn.{part}_proj"
        ours = f"attn_layers.layers.{2 * i + 1}"
        places[f"{ours}.0"] = f"{theirs}.final_layer_norm"
        places[f"{ours}.1.net.0.0"] = f"{theirs}.fc1"
        places[f"{ours}.1.net.2"] = f"{theirs}.fc2"
    renamed = {}
    for name, tensor in state.items():
        place, _, kind = name.rpartition(".")
        renamed[f"{places[place]}.{kind}"] = tensor
    return renamed


@torch.no_grad()
def test_text_transformer_agrees_with_diffusers() -> None:
    net = shaken(TextTransformer(TEXT))
    theirs = LDMBertModel(
        LDMBertConfig(
            vocab_size=50,
            max_position_embeddings=9,
            encoder_layers=3,
            encoder_ffn_dim=4 * 48,
            encoder_attention_heads=2,
            head_dim=16,
            d_model=48,
        )
    ).eval()
    gaps = theirs.load_state_dict(bert_names(net.state_dict()), strict=False)
    assert gaps.missing_keys == ["to_logits.weight", "to_logits.bias"]
    assert gaps.unexpected_keys == []
    expected = theirs.model(ids()).last_hidden_state
    assert relative_error(net(ids()), expected) < 1e-4


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
@torch.no_grad()
def test_clip_agrees_with_transformers(activation: str) -> None:
    net = shaken(ClipText(replace(CLIP, activation=activation)))
    theirs = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=50,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=2,
            max_position_embeddings=9,
            hidden_act=activation,
            bos_token_id=48,
            eos_token_id=49,
            pad_token_id=49,
        )
    ).eval()
    prefix = "" if "final_layer_norm.weight" in theirs.state_dict() else "text_model."
    state = {prefix + n.removeprefix("text_model."): t for n, t in net.state_dict().items()}
    theirs.load_state_dict(state)
    expected = theirs(ids(), output_hidden_states=True)
    assert relative_error(net(ids()), expected.last_hidden_state) < 1e-4
    norm = theirs.get_submodule(f"{prefix}final_layer_norm")
    penultimate = norm(expected.hidden_states[-2])
    assert relative_error(net(ids(), skip_last=1), penultimate) < 1e-4


@torch.no_grad()
def test_only_clip_is_causal() -> None:
    changed = ids().clone()
    changed[:, -1] = (changed[:, -1] + 1) % 50
    clip, text = shaken(ClipText(CLIP)), shaken(TextTransformer(TEXT))
    assert torch.equal(clip(ids())[:, :-1], clip(changed)[:, :-1])
    assert relative_error(text(ids())[:, 0], text(changed)[:, 0]) > 1e-4


def test_short_texts_and_what_does_not_fit() -> None:
    clip, text = ClipText(CLIP), TextTransformer(TEXT)
    assert clip(ids(4)).shape == (2, 4, 32)
    assert text(ids(4)).shape == (2, 4, 48)
    for net in (clip, text):
        with pytest.raises(ValueError, match="10 tokens are more than this encoder's 9"):
            net(ids(10))
    with pytest.raises(ValueError, match="has 3 layers: 3 cannot be skipped"):
        clip(ids(), skip_last=3)
    with pytest.raises(ValueError, match="'quick_gelu' or 'gelu', not 'relu'"):
        replace(CLIP, activation="relu")
    with pytest.raises(ValueError, match="do not divide into 5 heads"):
        replace(CLIP, heads=5)


def test_a_pooled_text_starts_with_the_sum_of_its_words() -> None:
    config = TextTransformerConfig(
        width=16, depth=1, vocab_size=9, heads=2, dim_head=8, pooled=True
    )
    net = TextTransformer(config)
    ids = torch.tensor([[1, 4, 7, 0], [1, 7, 4, 0], [1, 0, 0, 0]])
    states = net(ids)
    words = net.token_emb.weight[4] + net.token_emb.weight[7]
    assert torch.allclose(states[0, 0], words / 2**0.5, atol=1e-6)
    assert torch.allclose(states[1, 0], states[0, 0], atol=1e-6)
    assert not states[2, 0].any()
    assert states.shape == (3, 4, 16)
