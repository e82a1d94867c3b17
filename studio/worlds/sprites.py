"""Small pictures of trees, bushes, grass, flowers and rocks, drawn once from seeded random shapes.

A tile is float32 [5, TILE, TILE], premultiplied by its first channel: coverage, shade (0 in the
depth of the crown, 1 on its lit outside), sideways facing (-1 left .. 1 right), share of wood,
share of petals. Colour is given to a tile only where it stands, so one drawing serves all
seasons. Row 0 is the top; a tile's width in metres is its height times ``Kind.aspect``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

TILE = 128
CHANNELS = 5
LEVELS = 6  # sizes 128, 64 .. 4

Tile = NDArray[np.float32]


@dataclass(frozen=True)
class Kind:
    """``count`` tiles from index ``first`` on, each as wide as ``aspect`` times its height."""

    first: int
    count: int
    aspect: float


def _blob(
    tile: Tile, x: float, y: float, rx: float, ry: float, values: tuple[float, float, float, float],
    angle: float = 0.0, hard: float = 3.0,
) -> None:  # fmt: skip
    """Paint a soft ellipse over the tile; centre and radii in tile heights, y upwards."""
    reach = max(rx, ry) * TILE + 2
    cx, cy = x * TILE, (1 - y) * TILE
    x0, x1 = int(max(0, cx - reach)), int(min(TILE, cx + reach + 1))
    y0, y1 = int(max(0, cy - reach)), int(min(TILE, cy + reach + 1))
    if x0 >= x1 or y0 >= y1:
        return
    px, py = np.arange(x0, x1) + 0.5 - cx, np.arange(y0, y1)[:, None] + 0.5 - cy
    c, s = np.cos(angle), np.sin(angle)
    u, v = (px * c + py * s) / (rx * TILE), (py * c - px * s) / (ry * TILE)
    a = np.clip((1 - np.sqrt(u * u + v * v)) * hard, 0, 1)
    part = tile[:, y0:y1, x0:x1]
    part *= 1 - a
    part[0] += a
    for channel, value in enumerate(values, 1):
        part[channel] += a * value


def _line(
    tile: Tile, x0: float, y0: float, x1: float, y1: float, width: float,
    values: tuple[float, float, float, float],
) -> None:  # fmt: skip
    steps = max(2, int(np.hypot(x1 - x0, y1 - y0) * TILE / max(width * TILE * 0.5, 0.8)))
    for t in np.linspace(0, 1, steps):
        w = width * (1 - 0.35 * t)
        _blob(tile, x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, w, w, values, hard=4.0)


def _new() -> Tile:
    return np.zeros((CHANNELS, TILE, TILE), np.float32)


def _broadleaf(rng: np.random.Generator) -> Tile:
    tile = _new()
    crown = rng.uniform(0.56, 0.62)
    lean = rng.normal(0, 0.02)
    _line(tile, 0.5, 0.0, 0.5 + lean, 0.45, 0.028, (0.5, 0.1, 1, 0))
    for side in (-1, 1):
        _line(tile, 0.5, 0.22, 0.5 + side * 0.16, 0.48, 0.016, (0.4, 0.1, 1, 0))
    clumps = []
    for _ in range(13):
        a, r = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 1) ** 0.6
        clumps.append((0.5 + lean + 0.29 * r * np.cos(a), crown + 0.26 * r * np.sin(a)))
    clumps.sort(key=lambda c: c[1])
    for cx, cy in clumps:
        size = rng.uniform(0.10, 0.16)
        for i in range(70):
            a, r = rng.uniform(0, 2 * np.pi), rng.uniform(0, 1) ** 0.6
            x, y = cx + size * r * np.cos(a), cy + size * 0.85 * r * np.sin(a)
            up = (y - cy) / size
            shade = 0.42 + 0.30 * up + 0.55 * (cy - crown) + rng.normal(0, 0.09)
            shade *= 0.45 + 0.55 * min(1.0, i / 25)
            facing = 0.75 * (x - cx) / size * 0.6 + 1.6 * (x - 0.5) * 0.6
            leaf = rng.uniform(0.010, 0.022)
            _blob(
                tile, x, y, leaf, leaf * rng.uniform(0.6, 1.0),
                (float(np.clip(shade, 0.05, 1)), float(np.clip(facing, -1, 1)), 0, 0),
                rng.uniform(0, 3), 2.5,
            )  # fmt: skip
    return tile


def _poplar(rng: np.random.Generator) -> Tile:
    tile = _new()
    _line(tile, 0.5, 0.0, 0.5, 0.8, 0.024, (0.6, 0.1, 1, 0))
    for i in range(620):
        v = rng.uniform(0.0, 1.0)
        half = 0.42 * np.sin(np.pi * (0.12 + 0.88 * v) ** 0.8) ** 0.7
        r = rng.normal(0, 0.42)
        x, y = 0.5 + half * np.clip(r, -1, 1), 0.2 + 0.77 * v
        shade = 0.35 + 0.35 * v + 0.25 * np.sin(v * 34 + r * 5) * 0.5 + rng.normal(0, 0.1)
        shade *= 0.5 + 0.5 * min(1, i / 250)
        leaf = rng.uniform(0.014, 0.026)
        _blob(
            tile, x, y, leaf * 1.5, leaf * 0.7,
            (float(np.clip(shade, 0.05, 1)), float(np.clip(r * 0.9, -1, 1)), 0, 0),
            rng.uniform(-0.6, 0.6), 2.5,
        )  # fmt: skip
    return tile


def _conifer(rng: np.random.Generator) -> Tile:
    """A spruce: drooping tiers that hide the trunk, each dark beneath. Drawn at twice its width."""
    tile = _new()
    _line(tile, 0.5, 0.0, 0.5, 0.9, 0.03, (0.4, 0.1, 1, 0))
    tiers = int(rng.integers(11, 17))
    for tier in range(tiers):
        low = 0.06 + 0.86 * (tier / tiers) ** 0.92
        half = (1 - low) * rng.uniform(0.40, 0.52) + 0.02
        count = int(26 * (1 - low)) + 8
        for i in range(count):
            r = rng.uniform(-1, 1)
            droop = 0.055 * abs(r) ** 1.3 * (1.2 - low)
            y = low + 0.05 - droop + rng.normal(0, 0.008)
            depth = min(1.0, i / (count * 0.5))
            shade = (0.30 + 0.45 * depth + 0.2 * low) * (0.8 + 0.3 * abs(r)) + rng.normal(0, 0.08)
            _blob(
                tile, 0.5 + half * r * 0.95, y, 0.052 * (1.2 - low * 0.8), 0.014,
                (float(np.clip(shade, 0.05, 1)), float(np.clip(r, -1, 1)), 0, 0),
                0.5 * np.sign(r) * min(1, abs(r) + 0.25), 2.2,
            )  # fmt: skip
    _blob(tile, 0.5, 0.955, 0.012, 0.045, (0.8, 0, 0, 0))
    return tile


def _bare(rng: np.random.Generator) -> Tile:
    tile = _new()

    def grow(x: float, y: float, angle: float, length: float, width: float, depth: int) -> None:
        x1, y1 = x + np.sin(angle) * length, y + np.cos(angle) * length
        _line(tile, x, y, x1, y1, width, (0.6, float(np.clip(np.sin(angle), -1, 1)), 1, 0))
        if depth == 0:
            return
        for _ in range(3 if depth > 1 else 4):
            grow(
                x1, y1, angle + rng.normal(0, 0.55), length * rng.uniform(0.6, 0.85),
                max(width * 0.6, 0.004), depth - 1,
            )  # fmt: skip

    grow(0.5, 0.0, rng.normal(0, 0.04), 0.27, 0.022, 5)
    return tile


def _bush(rng: np.random.Generator) -> Tile:
    tile = _new()
    for i in range(420):
        a, r = rng.uniform(0, np.pi), rng.uniform(0, 1) ** 0.5
        lump = 0.85 + 0.15 * np.sin(a * 5 + i % 3)
        x, y = 0.5 + 0.45 * r * np.cos(a) * lump, 0.88 * r * np.sin(a) * lump + 0.02
        shade = 0.22 + 0.55 * y + rng.normal(0, 0.11)
        shade *= 0.5 + 0.5 * min(1, i / 150)
        leaf = rng.uniform(0.018, 0.036)
        _blob(
            tile, x, y, leaf, leaf * 1.2,
            (float(np.clip(shade, 0.05, 1)), float(np.clip((x - 0.5) * 2.2, -1, 1)), 0, 0),
            rng.uniform(0, 3), 2.5,
        )  # fmt: skip
    return tile


def _blade(tile: Tile, rng: np.random.Generator, base: float, height: float, width: float) -> float:
    lean = rng.normal(0, 0.20)
    shade = float(np.clip(rng.normal(0.62, 0.16), 0.2, 1))
    for t in np.linspace(0, 1, 26):
        x = base + lean * t * t * height
        w = width * (1 - t) ** 0.7 + 0.003
        light = shade * (0.30 + 0.70 * t)
        _blob(tile, x, t * height, w, 0.03, (light, float(np.clip(lean * 2, -1, 1)), 0, 0))
    return base + lean * height


def _tuft(rng: np.random.Generator) -> Tile:
    tile = _new()
    for _ in range(46):
        spread = float(np.clip(rng.normal(0, 0.19), -0.46, 0.46))
        _blade(tile, rng, 0.5 + spread, rng.uniform(0.4, 0.98) * (1 - abs(spread)), 0.010)
    return tile


def _flower(rng: np.random.Generator) -> Tile:
    tile = _new()
    for _ in range(14):
        _blade(tile, rng, 0.5 + rng.normal(0, 0.13), rng.uniform(0.25, 0.6), 0.012)
    for _ in range(int(rng.integers(6, 11))):
        height = rng.uniform(0.45, 0.9)
        x = _blade(tile, rng, 0.5 + float(np.clip(rng.normal(0, 0.17), -0.36, 0.36)), height, 0.006)
        size = rng.uniform(0.045, 0.075)
        for k in range(6):
            a = k * np.pi / 3 + rng.uniform(0, 0.5)
            _blob(
                tile, x + size * 0.55 * np.cos(a), height + size * 0.4 * np.sin(a),
                size * 0.55, size * 0.42, (0.75 + 0.25 * np.sin(a), np.cos(a) * 0.5, 0, 1),
            )  # fmt: skip
        _blob(tile, x, height, size * 0.22, size * 0.18, (0.35, 0, 0.6, 0.2))
    return tile


def _rock(rng: np.random.Generator) -> Tile:
    """A convex stone: the lower envelope of random planes, each facet evenly lit."""
    tile = _new()
    y, x = np.mgrid[0:TILE, 0:TILE] / TILE
    x, y = (x - 0.5) * 2.15, (1 - y) * 1.12
    best = np.full(x.shape, 9.0)
    normal = np.zeros((3, *x.shape))
    for _ in range(46):
        n = rng.normal(0, 1, 3)
        n[2] = abs(n[2]) * 0.8 + 0.12
        n[1] = abs(n[1]) * rng.choice([1, 1, -0.2])
        n /= np.linalg.norm(n)
        z = (rng.uniform(0.80, 0.98) - n[0] * x - n[1] * y) / n[2]
        nearer = z < best
        best = np.where(nearer, z, best)
        normal[:, nearer] = n[:, None]
    alpha = np.clip(best * 14, 0, 1) * (y > 0)
    grain = rng.normal(0, 0.05, x.shape)
    tile[0] = alpha
    tile[1] = alpha * np.clip(0.28 + 0.62 * np.clip(normal[1], -0.2, 1) + 0.1 * y + grain, 0.05, 1)
    tile[2] = alpha * normal[0]
    return tile


_KINDS: tuple[tuple[str, int, float, Callable[[np.random.Generator], Tile]], ...] = (
    ("conifer", 5, 0.46, _conifer),
    ("broadleaf", 5, 0.92, _broadleaf),
    ("poplar", 2, 0.42, _poplar),
    ("bare", 3, 1.0, _bare),
    ("bush", 3, 1.5, _bush),
    ("tuft", 4, 1.25, _tuft),
    ("flower", 3, 0.9, _flower),
    ("rock", 5, 1.45, _rock),
)


def _kinds() -> dict[str, Kind]:
    kinds, first = {}, 0
    for name, count, aspect, _ in _KINDS:
        kinds[name] = Kind(first, count, aspect)
        first += count
    return kinds


KINDS: dict[str, Kind] = _kinds()
COUNT = sum(kind.count for kind in KINDS.values())


@lru_cache(maxsize=4)
def atlas(device: torch.device) -> Tensor:
    """float32 [1, 5, 2 * TILE, COUNT * TILE]: tiles side by side, smaller copies below each."""
    rng = np.random.default_rng(5)
    tiles = [draw(rng) for _, count, _, draw in _KINDS for _ in range(count)]
    # The bottom row of a texture must not bleed into the copy below: leave its edge empty.
    sheet = torch.zeros(1, CHANNELS, 2 * TILE, COUNT * TILE)
    for index, tile in enumerate(tiles):
        level = torch.from_numpy(tile)[None]
        level[..., 0, :] = 0
        level[..., :, 0] = 0
        level[..., :, -1] = 0
        top = 0
        for step in range(LEVELS):
            size = TILE >> step
            sheet[..., top : top + size, index * TILE : index * TILE + size] = level
            top += size
            level = F.avg_pool2d(level, 2)
    return sheet.to(device)
