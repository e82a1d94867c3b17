"""The parts with traps of their own: time embedding, norms, attention, resizing."""

import math

import pytest
import torch
import torch.nn.functional as F

from studio.engine.nets import attention
from studio.engine.nets.attention import AttentionBlock, attend
from studio.engine.nets.blocks import Downsample, GroupNorm, ResBlock, timestep_embedding
from tests.engine.nets.comparison import noise, relative_error, shaken


def test_time_embedding_has_cosines_first() -> None:
    embedding = timestep_embedding(torch.tensor([0.0, 1.0, 500.5]), 320)
    assert embedding.shape == (3, 320)
    assert torch.equal(embedding[0], torch.cat([torch.ones(160), torch.zeros(160)]))
    frequencies = {0: 1.0, 1: 0.944060876, 2: 0.891250938, 159: 1.05925e-4}
    for k, frequency in frequencies.items():
        assert embedding[1, 160 + k].item() == pytest.approx(math.sin(frequency), rel=1e-5)
        assert embedding[2, k].item() == pytest.approx(math.cos(500.5 * frequency), abs=1e-4)


def test_norm_of_half_values_is_taken_in_float32() -> None:
    norm = GroupNorm(2, 4).half()
    x = (noise(1, 4, 8, 8) * 3 + 20_000).half()  # their squares overflow float16
    out = norm(x)
    assert out.dtype == torch.float16
    assert relative_error(out.float(), F.group_norm(x.float(), 2)) < 1e-2


def test_attention_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = noise(2, 3, 10, 4), noise(2, 3, 7, 4, seed=2), noise(2, 3, 7, 4, seed=3)
    at_once = attend(q, k, v)
    plain = (q @ k.mT / 2).softmax(-1) @ v
    assert relative_error(at_once, plain) < 1e-5
    monkeypatch.setattr(attention, "_MAX_LOGITS", 2 * 3 * 7 * 4)
    assert relative_error(attend(q, k, v), plain) < 1e-5


def test_attention_while_learning_is_attention_with_its_gradients() -> None:
    parts = [torch.randn(2, 3, 10, 8, requires_grad=True) for _ in range(3)]
    same = [part.detach().clone().requires_grad_() for part in parts]
    learning = attend(*parts)
    fused = F.scaled_dot_product_attention(*same)
    assert relative_error(learning, fused) < 1e-5
    learning.square().sum().backward()
    fused.square().sum().backward()
    for part, other in zip(parts, same, strict=True):
        assert relative_error(part.grad, other.grad) < 1e-4


def test_attention_block_splits_heads_before_q_k_v() -> None:
    block = shaken(AttentionBlock(64, heads=2))
    x = noise(1, 64, 3, 5)
    qkv = block.qkv(F.group_norm(x, 32, block.norm.weight, block.norm.bias).flatten(2))
    heads = []
    for head in qkv.reshape(2, 96, 15):
        q, k, v = head.split(32)
        heads.append(v @ (q.T @ k / 32**0.5).softmax(-1).T)
    expected = x + block.proj_out(torch.cat(heads)[None]).reshape(x.shape)
    assert relative_error(block(x), expected) < 1e-5


def test_downsampling_pads_both_sides() -> None:
    layer = Downsample(1)
    torch.nn.init.ones_(layer.op.weight)
    torch.nn.init.zeros_(layer.op.bias)
    assert layer(torch.ones(1, 1, 4, 4)).tolist() == [[[[4, 6], [6, 9]]]]


@pytest.mark.parametrize(("up", "down", "side"), [(True, False, 8), (False, True, 2)])
def test_a_fresh_residual_block_only_resizes(up: bool, down: bool, side: int) -> None:
    block = ResBlock(32, 16, 32, up=up, down=down)
    x = noise(1, 32, 4, 4)
    out = block(x, noise(1, 16))
    assert out.shape == (1, 32, side, side)
    expected = F.interpolate(x, scale_factor=2) if up else F.avg_pool2d(x, 2)
    assert torch.equal(out, expected)
