"""Attention: between the places of a feature map, and from them to a context."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.engine.nets.blocks import zeroed
from studio.engine.nets.layers import Conv1d, Conv2d, GroupNorm, LayerNorm, Linear, cast

_MAX_LOGITS = 2**28
"""Entries of the attention matrix computed at once (1 GiB in float32).

Backends without a fused kernel build the whole matrix; the first stage attends over all places of
its deepest map, which at 1024 pixels and f = 4 would be a matrix of 2^32 entries.
"""


def attend(q: Tensor, k: Tensor, v: Tensor, *, causal: bool = False) -> Tensor:
    """softmax(q k^T / sqrt(d)) v, never holding more than a bounded part of the matrix.

    q: [B, heads, T, d]; k, v: [B, heads, S, d]; returns [B, heads, T, d].
    """
    if q.requires_grad and q.device.type == "cpu" and not causal:
        # The fused kernel's backward pass on a CPU takes several times as long as plain products.
        logits = q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)
        return logits.softmax(-1).to(v.dtype) @ v
    rows = max(1, _MAX_LOGITS // (k.shape[0] * k.shape[1] * k.shape[2]))
    if causal or q.shape[2] <= rows:
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    parts = [F.scaled_dot_product_attention(part, k, v) for part in q.split(rows, dim=2)]
    return torch.cat(parts, dim=2)


def to_tokens(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, H W, C], rows first."""
    return x.flatten(2).transpose(1, 2)


def to_map(tokens: Tensor, like: Tensor) -> Tensor:
    """[B, H W, C] -> [B, C, H, W] with the size of `like`."""
    return tokens.transpose(1, 2).reshape(like.shape[0], -1, like.shape[2], like.shape[3])


def project(tokens: Tensor, layer: nn.Linear | nn.Conv1d | nn.Conv2d) -> Tensor:
    """Applies a linear layer, or a convolution of size 1 as one. [B, T, C] -> [B, T, C_out].

    Published weights have either form; on tokens the result has the unit stride that the fused
    attention kernels need.
    """
    weight = cast(layer.weight, tokens)
    return F.linear(tokens, weight.flatten(1), cast(layer.bias, tokens))


class AttentionBlock(nn.Module):
    """Self-attention over the places of a feature map, x + proj(attend(norm(x))).

    The published ("legacy") order: the 3C channels of qkv hold, head by head, q, k and v.
    x and the result: [B, C, H, W].
    """

    def __init__(self, channels: int, heads: int, norm_groups: int = 32) -> None:
        super().__init__()
        self.heads = heads
        self.norm = GroupNorm(norm_groups, channels)
        self.qkv = Conv1d(channels, 3 * channels, 1)
        self.proj_out = zeroed(Conv1d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        qkv = project(to_tokens(self.norm(x)), self.qkv).unflatten(-1, (self.heads, 3, -1))
        q, k, v = (part.transpose(1, 2) for part in qkv.unbind(3))
        h = attend(q, k, v).transpose(1, 2).flatten(2)
        return x + to_map(project(h, self.proj_out), x)


class CrossAttention(nn.Module):
    """Attention from tokens [B, T, C] to a context [B, S, D], or to themselves without one."""

    def __init__(self, channels: int, context_dim: int | None, heads: int, dim_head: int) -> None:
        super().__init__()
        inner = heads * dim_head
        self.heads = heads
        self.to_q = Linear(channels, inner, bias=False)
        self.to_k = Linear(context_dim or channels, inner, bias=False)
        self.to_v = Linear(context_dim or channels, inner, bias=False)
        self.to_out = nn.Sequential(Linear(inner, channels))

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        source = tokens if context is None else context
        q, k, v = self.to_q(tokens), self.to_k(source), self.to_v(source)
        h = attend(self._split(q), self._split(k), self._split(v))
        return self.to_out(h.transpose(1, 2).flatten(2))


class GEGLU(nn.Module):
    """A linear layer to twice the width: value * gelu(gate). [..., C] -> [..., C_out]."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.proj = Linear(channels, 2 * out_channels)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    """Two layers with a GEGLU of four times the width between. [..., C] -> [..., C]."""

    def __init__(self, channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        inner = 4 * channels
        self.net = nn.Sequential(
            GEGLU(channels, inner), nn.Dropout(dropout), Linear(inner, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class TransformerBlock(nn.Module):
    """Self-attention, attention to the context, feed-forward: each pre-normed and residual.

    With ``context_only`` the first attends to the context as well.
    tokens: [B, T, C], context: [B, S, D]; returns [B, T, C].
    """

    def __init__(
        self,
        channels: int,
        context_dim: int,
        heads: int,
        dim_head: int,
        *,
        context_only: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.context_only = context_only
        first = context_dim if context_only else None
        self.attn1 = CrossAttention(channels, first, heads, dim_head)
        self.ff = FeedForward(channels, dropout)
        self.attn2 = CrossAttention(channels, context_dim, heads, dim_head)
        self.norm1 = LayerNorm(channels)
        self.norm2 = LayerNorm(channels)
        self.norm3 = LayerNorm(channels)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        first = context if self.context_only else None
        tokens = tokens + self.attn1(self.norm1(tokens), first)
        tokens = tokens + self.attn2(self.norm2(tokens), context)
        return tokens + self.ff(self.norm3(tokens))


class SpatialTransformer(nn.Module):
    """Transformer blocks over the places of a feature map that also attend to a context.

    x: [B, C, H, W], context: [B, S, D]; returns [B, C, H, W] (the paper's equation of section 3.3:
    queries from the map, keys and values from the context).
    """

    def __init__(
        self,
        channels: int,
        context_dim: int,
        heads: int,
        *,
        depth: int = 1,
        use_linear: bool = False,
        context_only: bool = False,
        dropout: float = 0.0,
        norm_groups: int = 32,
    ) -> None:
        super().__init__()
        self.norm = GroupNorm(norm_groups, channels, eps=1e-6)
        self.proj_in = Linear(channels, channels) if use_linear else _conv1x1(channels)
        self.transformer_blocks = nn.ModuleList(
            TransformerBlock(
                channels,
                context_dim,
                heads,
                channels // heads,
                context_only=context_only,
                dropout=dropout,
            )
            for _ in range(depth)
        )
        self.proj_out = zeroed(Linear(channels, channels) if use_linear else _conv1x1(channels))

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        tokens = project(to_tokens(self.norm(x)), self.proj_in)
        for block in self.transformer_blocks:
            tokens = block(tokens, context)
        return x + to_map(project(tokens, self.proj_out), x)


def _conv1x1(channels: int) -> nn.Conv2d:
    return Conv2d(channels, channels, 1)
