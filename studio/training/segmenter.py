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


class Segmenter(nn.Module):
    """Strided encoder with residual blocks and a feature-pyramid head.

    ``channels``: width of each level, level l at 1/2^(l+1) of the picture. ``moods``: attribute ->
    its possible values, one linear head each on the pooled deepest features.
    """

    def __init__(
        self, channels: Sequence[int], labels: int, moods: Mapping[str, list[str]]
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
        pyramid = channels[1]
        self.lateral = nn.ModuleList(nn.Conv2d(width, pyramid, 1) for width in channels[1:])
        self.smooth = _Residual(pyramid)
        self.out = nn.Conv2d(pyramid, labels, 3, padding=1)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(sum(channels[1:]), len(v)) for name, v in self.moods.items()}
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
        merged = self.lateral[-1](features[-1])
        for lateral, level in zip(reversed(self.lateral[:-1]), features[-2:0:-1], strict=True):
            merged = F.interpolate(merged, size=level.shape[-2:], mode="nearest") + lateral(level)
        pooled = self.pooled(features)
        return (
            self.out(self.smooth(merged)),
            {n: head(pooled) for n, head in self.heads.items()},
            pooled,
        )

    def config(self) -> dict[str, Any]:
        """What rebuilds this network."""
        return {"channels": self.channels, "labels": self.out.out_channels, "moods": self.moods}
