"""A network that reads a picture's materials and mood.

Trained on the worlds, it measures the landscape model (mIoU of a re-segmented sample, accuracy of
what the prompt asked for, Frechet distance in its features) and lends its features to the first
stage's perceptual term: no network trained on photographs is needed anywhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x + self.body(x))


def _strided(inward: int, outward: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inward, outward, 3, 2, 1, bias=False), nn.BatchNorm2d(outward), nn.SiLU()
    )


class _Surroundings(nn.Module):
    """Self-attention over a whole level with its places known: whether water is a lake, a river or
    the sea is decided by what lies around it. Starts as the identity."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.place = nn.Conv2d(2, channels, 1)
        self.norm = nn.GroupNorm(heads, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        down = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype)
        across = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype)
        place = torch.stack(torch.meshgrid(down, across, indexing="ij"))[None]
        q, k, v = (
            part.flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)
            for part in self.qkv(self.norm(x) + self.place(place)).chunk(3, 1)
        )
        seen = F.scaled_dot_product_attention(q, k, v).transpose(2, 3).flatten(1, 2)
        return x + self.out(seen.unflatten(2, (height, width)))


OVERVIEW_CELLS = 4


class Segmenter(nn.Module):
    """Strided encoder with residual blocks and a feature-pyramid head.

    ``channels``: width of each level, level l at 1/2^(l+1) of the picture. ``moods``: attribute ->
    its possible values, one linear head each on the pooled features and on ``overview`` features
    of what lies where in a coarse grid.
    """

    def __init__(
        self,
        channels: Sequence[int],
        labels: int,
        moods: Mapping[str, list[str]],
        overview: int,
    ) -> None:
        super().__init__()
        self.channels = list(channels)
        self.moods = {name: list(values) for name, values in moods.items()}
        widths = [3, *channels]
        self.levels = nn.ModuleList(
            nn.Sequential(_strided(widths[i], widths[i + 1]), _Residual(widths[i + 1]))
            if i
            else _strided(3, widths[1])
            for i in range(len(channels))
        )
        self.surroundings = _Surroundings(channels[-1])
        pyramid = channels[1]
        self.lateral = nn.ModuleList(nn.Conv2d(width, pyramid, 1) for width in channels[1:])
        self.smooth = _Residual(pyramid)
        self.out = nn.Conv2d(pyramid, labels, 3, padding=1)
        self.overview = nn.Sequential(
            nn.AdaptiveAvgPool2d(OVERVIEW_CELLS),
            nn.Flatten(),
            nn.Linear(channels[-1] * OVERVIEW_CELLS**2, overview),
            nn.SiLU(),
        )
        read = sum(channels[1:]) + overview
        self.heads = nn.ModuleDict(
            {name: nn.Linear(read, len(values)) for name, values in self.moods.items()}
        )

    def features(self, images: Tensor) -> list[Tensor]:
        """[B, 3, H, W] in -1..1 -> one [B, C_l, H/2^(l+1), W/2^(l+1)] a level."""
        results = []
        for level in self.levels:
            images = level(images)
            results.append(images)
        return results

    def pooled(self, features: Sequence[Tensor]) -> Tensor:
        """Mean over the picture of every level but the first: [B, D], for Frechet distances."""
        return torch.cat([level.mean((2, 3)) for level in features[1:]], 1)

    def forward(self, images: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """[B, 3, H, W] in -1..1 -> label logits [B, labels, H/4, W/4], moods, pooled [B, D]."""
        features = self.features(images)
        deepest = self.surroundings(features[-1])
        merged = self.lateral[-1](deepest)
        for lateral, level in zip(reversed(self.lateral[:-1]), features[-2:0:-1], strict=True):
            merged = F.interpolate(merged, size=level.shape[-2:], mode="nearest") + lateral(level)
        pooled = self.pooled(features)
        mood = torch.cat([pooled, self.overview(deepest)], 1)
        return (
            self.out(self.smooth(merged)),
            {name: head(mood) for name, head in self.heads.items()},
            pooled,
        )

    def config(self) -> dict[str, Any]:
        """What rebuilds this network."""
        return {
            "channels": self.channels,
            "labels": self.out.out_channels,
            "moods": self.moods,
            "overview": self.overview[2].out_features,
        }
