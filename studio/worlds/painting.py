"""Maps as people paint them: rendered maps with their detail taken away.

A person lays down a few smooth blobs, a straight horizon, a polygon for a mountain; a renderer's
map has fractal edges and thousands of islands. All operations work on one-hot shares at a
quarter of the resolution and end in an argmax, so no label is ever invented.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor


def hand_like(labels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """What a person might have painted for a label map uint8 [H, W]; same shape and labels.

    The strength varies from light smoothing to three flat materials with straight edges.
    """
    present, inverse = np.unique(labels, return_inverse=True)
    if len(present) == 1:
        return labels.copy()
    height, width = labels.shape
    strength = float(rng.beta(1.6, 1.4))
    shares = _shares(torch.from_numpy(inverse.reshape(height, width).astype(np.int64)))
    shares = _smooth(shares, 0.012 + 0.06 * strength**1.5, rng)
    keep = _kept(shares, strength, rng)
    shares = shares[keep]
    if rng.random() < 0.25 + 0.4 * strength:
        shares = _flatten_rows(shares, strength)
    shares = _tremble(shares, strength, rng)
    if rng.random() < 0.35:
        shares = _polygons(shares, rng)
    shares = _drop_small(shares, 0.0008 + 0.012 * strength)
    full = F.interpolate(shares[None], size=(height, width), mode="bilinear")[0]
    return present[keep.numpy()[full.argmax(0).numpy()]].astype(np.uint8)


def _shares(index: Tensor) -> Tensor:
    """float32 [K, h, w]: the share of every label in blocks of 4 x 4 pixels."""
    one_hot = F.one_hot(index[::2, ::2]).permute(2, 0, 1).float()
    return F.avg_pool2d(one_hot[None], 2, ceil_mode=True)[0]


def _box(shares: Tensor, radius: int, times: int = 2) -> Tensor:
    """Repeated box blur, which tends to a Gaussian; sums run over one axis at a time."""
    size = 2 * radius + 1
    x = shares[None]
    for _ in range(times):
        x = F.avg_pool2d(F.pad(x, (0, 0, radius, radius), "replicate"), (size, 1), 1)
        x = F.avg_pool2d(F.pad(x, (radius, radius, 0, 0), "replicate"), (1, size), 1)
    return x[0]


def _smooth(shares: Tensor, scale: float, rng: np.random.Generator) -> Tensor:
    side = min(shares.shape[1:])
    radius = int(np.clip(round(scale * side * rng.uniform(0.6, 1.4)), 1, side // 4))
    shares = _box(shares, radius)
    # Sharpening the shares and blurring them again rounds every outline.
    one_hot = F.one_hot(shares.argmax(0), len(shares)).permute(2, 0, 1).float()
    return _box(one_hot, max(1, radius // 2))


def _kept(shares: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Indices of the materials a person bothers with, never fewer than one."""
    area = F.one_hot(shares.argmax(0), len(shares)).float().mean((0, 1))
    most = round(len(shares) * (1 - strength) + 2 + float(rng.integers(0, 2)))
    least = 0.002 + 0.03 * strength * float(rng.random())
    order = torch.argsort(area, descending=True)[: max(most, 2)]
    order = order[area[order] > least]
    return order if len(order) else area.argmax()[None]


def _flatten_rows(shares: Tensor, strength: float) -> Tensor:
    """Draw boundaries towards level lines, as horizons and shores are painted."""
    side = shares.shape[2]
    radius = max(2, int(side * (0.08 + 0.3 * strength)))
    radius = min(radius, side - 1)
    x = F.pad(shares[None], (radius, radius, 0, 0), "reflect")
    level = F.avg_pool2d(x, (1, 2 * radius + 1), 1)[0]
    return level * 0.6 + shares * 0.4


def _field(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> Tensor:
    coarse = torch.from_numpy(rng.standard_normal((2, 1, cells, cells)).astype(np.float32))
    return F.interpolate(coarse, size=shape, mode="bicubic", align_corners=True)[:, 0]


def _tremble(shares: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Shift the map by a smooth random field: the hand is unsteady and the eye is inexact."""
    height, width = shares.shape[1:]
    shift = _field((height, width), int(rng.integers(4, 9)), rng) * (0.010 + 0.03 * strength)
    shift = shift + _field((height, width), int(rng.integers(12, 24)), rng) * 0.008
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij"
    )
    grid = torch.stack([x + shift[0], y + shift[1]], -1)[None]
    return F.grid_sample(shares[None], grid, align_corners=True, padding_mode="border")[0]


def _polygons(shares: Tensor, rng: np.random.Generator) -> Tensor:
    """Straight-edged outlines: the map is known at scattered points and linear in between."""
    height, width = shares.shape[1:]
    step = int(rng.integers(6, 13))
    rows, columns = max(3, height // step), max(3, width // step)
    coarse = F.interpolate(shares[None], size=(rows, columns), mode="bilinear", align_corners=True)
    one_hot = F.one_hot(coarse[0].argmax(0), len(shares)).permute(2, 0, 1).float()
    mixed = coarse[0] * 0.5 + one_hot * 0.5
    return F.interpolate(mixed[None], size=(height, width), mode="bilinear", align_corners=True)[0]


def _drop_small(shares: Tensor, least: float) -> Tensor:
    """Merge islands smaller than a share of the map into their surroundings."""
    side = min(shares.shape[1:])
    radius = max(1, int(side * least**0.5 * 0.5))
    one_hot = F.one_hot(shares.argmax(0), len(shares)).permute(2, 0, 1).float()
    return _box(one_hot, radius) + shares * 0.05
