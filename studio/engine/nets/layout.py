"""The layout network: from words to a coarse label map, by diffusion over shares of labels."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.engine.nets.attention import attend, to_map, to_tokens
from studio.engine.nets.blocks import timestep_embedding, zeroed
from studio.engine.nets.layers import Conv2d, LayerNorm, Linear, StoredNetwork


@dataclass(frozen=True, kw_only=True)
class LayoutConfig:
    """What a layout network is built from; ``labels`` channels on ``side`` x ``side`` cells, read
    in patches of ``patch`` x ``patch``; ``hidden`` units in each feed-forward branch.
    ValueError when the numbers do not fit together.
    """

    labels: int
    context_dim: int
    side: int = 16
    patch: int = 2
    width: int = 96
    depth: int = 4
    heads: int = 6
    hidden: int = 264

    def __post_init__(self) -> None:
        if self.side % self.patch:
            raise ValueError(f"{self.side} cells do not divide into patches of {self.patch}.")
        if self.width % self.heads:
            raise ValueError(f"{self.width} channels do not divide into {self.heads} heads.")


class _Block(nn.Module):
    """Self-attention and a feed-forward branch, both told the time and the text's summary."""

    def __init__(self, config: LayoutConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm1 = LayerNorm(width, elementwise_affine=False)
        self.qkv = Linear(width, 3 * width)
        self.out = zeroed(Linear(width, width))
        self.norm2 = LayerNorm(width, elementwise_affine=False)
        self.widen = Linear(width, config.hidden)
        self.narrow = zeroed(Linear(config.hidden, width))
        self.modulation = nn.Parameter(torch.zeros(4, width))

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """x: [B, N, width], told: [B, 4, width] of all blocks together."""
        shift1, scale1, shift2, scale2 = (
            (told + self.modulation.to(told.dtype)).unsqueeze(2).unbind(1)
        )
        h = self.norm1(x) * (1 + scale1) + shift1
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.qkv(h).chunk(3, -1)
        )
        x = x + self.out(attend(q, k, v).transpose(1, 2).flatten(2))
        h = self.norm2(x) * (1 + scale2) + shift2
        return x + self.narrow(F.gelu(self.widen(h)))


class LayoutTransformer(StoredNetwork):
    """A transformer over the patches of a noisy layout and the tokens of a text.

    As in arXiv:2212.09748, with one modulation for all blocks as in arXiv:2310.00426.
    """

    def __init__(self, config: LayoutConfig) -> None:
        super().__init__()
        self.config = config
        cells = config.labels * config.patch**2
        self.patches = Linear(cells, config.width)
        self.places = nn.Parameter(
            0.02 * torch.randn((config.side // config.patch) ** 2, config.width)
        )
        self.words = Linear(config.context_dim, config.width)
        self.summary = Linear(config.context_dim, config.width)
        self.time = Linear(config.width, config.width)
        self.modulation = zeroed(Linear(config.width, 4 * config.width))
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.depth))
        self.norm = LayerNorm(config.width)
        self.shares = zeroed(Linear(config.width, cells))
        # What lies in neighbouring patches is matched cell by cell.
        self.seams = Conv2d(2 * config.labels, config.labels, 3, padding=1)
        self.seams_told = Linear(config.width, config.labels)
        self.seams_out = zeroed(Conv2d(config.labels, config.labels, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, context: Tensor) -> Tensor:
        """x: [B, labels, side, side], t: [B] in 0..999, context: [B, S, context_dim], a summary
        first; returns the prediction, of x's shape and dtype.
        """
        patch, dtype = self.config.patch, self.dtype
        folded = F.pixel_unshuffle(x, patch)
        context = context.to(dtype)
        time = timestep_embedding(t, self.config.width).to(dtype)
        told = F.silu(self.time(time) + self.summary(context[:, 0]))
        modulation = self.modulation(told).unflatten(-1, (4, -1))
        tokens = self.patches(to_tokens(folded.to(dtype))) + self.places.to(dtype)
        count = tokens.shape[1]
        h = torch.cat([tokens, self.words(context)], 1)
        for block in self.blocks:
            h = block(h, modulation)
        shares = to_map(self.shares(self.norm(h[:, :count])), folded)
        shares = F.pixel_shuffle(shares, patch)
        local = self.seams(torch.cat([shares, x.to(shares.dtype)], 1))
        local = F.silu(local + self.seams_told(told)[..., None, None])
        return (shares + self.seams_out(local)).to(x.dtype)
