"""The parts every network is built from: residual blocks, resizing, time embedding."""

import math
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.engine.nets.layers import Conv2d, GroupNorm, Linear

M = TypeVar("M", bound=nn.Module)


def zeroed(layer: M) -> M:
    """The same layer with all its parameters set to zero: a residual branch that starts silent."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def timestep_embedding(t: Tensor, dim: int, max_period: float = 10_000.0) -> Tensor:
    """Sinusoids of the time: cosines first, frequencies exp(-ln(max_period) k / (dim / 2)).

    t: [B], in training timesteps 0..999, may be fractional. Returns [B, dim], float32.
    """
    half = dim // 2
    k = torch.arange(half, dtype=torch.float32, device=t.device)
    angles = t.float()[:, None] * torch.exp(k * (-math.log(max_period) / half))[None]
    embedding = torch.cat([angles.cos(), angles.sin()], dim=-1)
    return F.pad(embedding, (0, dim % 2))


class Upsample(nn.Module):
    """Nearest neighbour x2, then a 3x3 convolution. [B, C, H, W] -> [B, C_out, 2H, 2W]."""

    def __init__(self, channels: int, out_channels: int | None = None) -> None:
        super().__init__()
        self.conv = Conv2d(channels, out_channels or channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Downsample(nn.Module):
    """The U-Net's 3x3 convolution of stride 2. [B, C, H, W] -> [B, C_out, H/2, W/2]."""

    def __init__(self, channels: int, out_channels: int | None = None) -> None:
        super().__init__()
        self.op = Conv2d(channels, out_channels or channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.op(x)


class ResBlock(nn.Module):
    """The U-Net's residual block, modulated by the time embedding.

    x: [B, C, H, W], emb: [B, E] -> [B, C_out, H', W'], where H' is H, H/2 (down) or 2H (up).
    With scale-shift the embedding scales and shifts the second norm instead of being added.
    """

    def __init__(
        self,
        channels: int,
        emb_channels: int,
        out_channels: int,
        *,
        dropout: float = 0.0,
        use_scale_shift_norm: bool = False,
        up: bool = False,
        down: bool = False,
        norm_groups: int = 32,
    ) -> None:
        super().__init__()
        self.use_scale_shift_norm = use_scale_shift_norm
        self.up = up
        self.down = down
        self.in_layers = nn.Sequential(
            GroupNorm(norm_groups, channels),
            nn.SiLU(),
            Conv2d(channels, out_channels, 3, padding=1),
        )
        modulation = 2 * out_channels if use_scale_shift_norm else out_channels
        self.emb_layers = nn.Sequential(nn.SiLU(), Linear(emb_channels, modulation))
        self.out_layers = nn.Sequential(
            GroupNorm(norm_groups, out_channels),
            nn.SiLU(),
            nn.Dropout(dropout),
            zeroed(Conv2d(out_channels, out_channels, 3, padding=1)),
        )
        self.skip_connection: nn.Module = (
            nn.Identity() if channels == out_channels else Conv2d(channels, out_channels, 1)
        )

    def _resize(self, x: Tensor) -> Tensor:
        if self.up:
            return F.interpolate(x, scale_factor=2.0, mode="nearest")
        if self.down:
            return F.avg_pool2d(x, 2)
        return x

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        norm, activation, conv = self.in_layers
        h = conv(self._resize(activation(norm(x))))
        x = self._resize(x)
        modulation = self.emb_layers(emb)[:, :, None, None]
        if self.use_scale_shift_norm:
            scale, shift = modulation.chunk(2, dim=1)
            h = self.out_layers[0](h) * (1 + scale) + shift
            h = self.out_layers[1:](h)
        else:
            h = self.out_layers(h + modulation)
        return self.skip_connection(x) + h
