"""Rain and snow between the camera and the land."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.noise import mix
from studio.worlds.sky import Light

_FRAME = 256.0  # sizes below are in pixels of a frame this high


def add_falling(picture: Tensor, batch: Batch, light: Light) -> Tensor:
    """Linear radiance [B, 3, H, W] with streaks of rain and flakes of snow drawn over it.

    What falls has no label: a person who paints a map paints the land behind it.
    """
    if not batch.any("weather", "rain", "snowfall"):
        return picture
    covers = [_cover(batch, index) for index in range(len(batch))]
    cover = torch.stack(covers).to(batch.device)
    return mix(picture, light.ambient * 0.42, cover)


def _cover(batch: Batch, index: int) -> Tensor:
    """Opacity 0..1 [1, H, W] of what falls in one scene."""
    scene, scale = batch.scenes[index], batch.height / _FRAME
    shape = (batch.height, batch.width)
    generator = torch.Generator().manual_seed(scene.seed)
    slant = float(torch.rand((), generator=generator) - 0.5) * 0.7
    if scene.weather == "rain":
        far = _drops(shape, 0.010 / scale, _streak(7 * scale, slant), generator) * 0.30
        near = _drops(shape, 0.0022 / scale, _streak(17 * scale, slant), generator) * 0.48
        return torch.maximum(far, near)
    if scene.weather == "snowfall":
        area = scale * scale
        far = _drops(shape, 0.012 / area, _flake(0.75 * scale), generator) * 0.75
        middle = _drops(shape, 0.003 / area, _flake(1.3 * scale), generator) * 0.9
        near = _drops(shape, 0.0005 / area, _flake(2.4 * scale), generator) * 0.8
        return torch.maximum(torch.maximum(far, middle), near)
    return torch.zeros(1, *shape)


def _drops(
    shape: tuple[int, int], density: float, kernel: Tensor, generator: torch.Generator
) -> Tensor:
    """A kernel [k, k] set down at random points, ``density`` of them a pixel: [1, H, W]."""
    spots = (torch.rand(shape, generator=generator) < density).float()
    spots = spots * (0.5 + 0.5 * torch.rand(shape, generator=generator))
    drawn = F.conv2d(spots[None, None], kernel[None, None], padding=kernel.shape[-1] // 2)
    return drawn[0].clamp(max=1.0)


def _streak(length: float, slant: float) -> Tensor:
    """A line about a pixel wide, ``length`` high, leaning by ``slant`` columns a row."""
    half = max(1, math.ceil(length / 2))
    rows = torch.arange(-half, half + 1.0)[:, None]
    columns = torch.arange(-half, half + 1.0)[None]
    beside = (1.0 - (columns - slant * rows).abs()).clamp(min=0.0)
    return beside * (1.0 - (rows / (half + 1.0)).square())


def _flake(radius: float) -> Tensor:
    """A disc with a soft edge."""
    half = max(1, math.ceil(radius + 0.5))
    offsets = torch.arange(-half, half + 1.0)
    distance = torch.hypot(offsets[:, None], offsets[None])
    return (radius + 0.5 - distance).clamp(0.0, 1.0)
