"""Noise for everything that grows, drifts or crumbles: octaves of tileable lattice textures.

Points are complex64 tensors (x to the right, imaginary part away from the camera, in units of
the caller's wavelength), because one complex product then rotates and scales a point at once.
A texture is made once per device and sampled bilinearly, which costs a tenth of hashing lattice
corners for every point, and runs the same on a GPU.
"""

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

CELLS = 64  # lattice cells along one period of a texture
TEXELS = 8  # texels per lattice cell
# An octave is the former one turned by this angle, so that lattice directions never line up.
_TURN = complex(math.cos(0.65), math.sin(0.65))


def _fade(t: np.ndarray) -> np.ndarray:
    return t * t * t * (t * (t * 6 - 15) + 10)


def _gradient_texture(seed: int) -> np.ndarray:
    """float32 [N, N], Perlin noise scaled to about unit variance, period CELLS."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * math.pi, (CELLS, CELLS))
    gx, gy = np.cos(angle), np.sin(angle)
    t = np.arange(CELLS * TEXELS) / TEXELS
    i = t.astype(int)
    f = t - i
    total = np.zeros((len(t), len(t)))
    for dy in (0, 1):
        for dx in (0, 1):
            rows, columns = (i + dy) % CELLS, (i + dx) % CELLS
            dot = gx[np.ix_(rows, columns)] * (f - dx)[None, :]
            dot += gy[np.ix_(rows, columns)] * (f - dy)[:, None]
            wx = _fade(f) if dx else 1 - _fade(f)
            wy = _fade(f) if dy else 1 - _fade(f)
            total += dot * wy[:, None] * wx[None, :]
    return (total / total.std()).astype(np.float32)


def _cell_texture(seed: int) -> np.ndarray:
    """float32 [2, N, N]: distance to the nearest point, and to the second less the first."""
    rng = np.random.default_rng(seed)
    point = rng.uniform(0.1, 0.9, (CELLS, CELLS, 2))
    t = np.arange(CELLS * TEXELS) / TEXELS
    i = t.astype(int)
    f = t - i
    near = np.full((len(t), len(t)), 9.0)
    second = near.copy()
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            p = point[np.ix_((i + dy) % CELLS, (i + dx) % CELLS)]
            ex = p[..., 0] + dx - f[None, :]
            ey = p[..., 1] + dy - f[:, None]
            d = np.sqrt(ex * ex + ey * ey)
            second = np.minimum(second, np.maximum(near, d))
            near = np.minimum(near, d)
    return np.stack([near, second - near]).astype(np.float32)


@lru_cache(maxsize=8)
def _texture(kind: str, device: torch.device) -> Tensor:
    """float32 [1, C, N + 1, N + 1]: one period and its first row and column again."""
    data = _cell_texture(7) if kind == "cells" else _gradient_texture(3)[None]
    data = np.concatenate([data, data[:, :1]], 1)
    data = np.concatenate([data, data[:, :, :1]], 2)
    return torch.from_numpy(data)[None].to(device)


def _sample(texture: Tensor, p: Tensor) -> Tensor:
    """float32 [C, *p.shape] of a texture [1, C, N, N] at complex points p in lattice cells."""
    grid = torch.view_as_real(p).remainder(CELLS)
    grid = grid.mul_(2.0 / CELLS).sub_(1.0).reshape(1, 1, -1, 2)
    values = F.grid_sample(
        texture, grid, mode="bilinear", padding_mode="border", align_corners=True
    )
    return values.reshape(texture.shape[1], *p.shape)


def lattice(p: Tensor) -> Tensor:
    """float32 like p: gradient noise of zero mean and unit variance (within about +-3)."""
    return _sample(_texture("gradient", p.device), p)[0]


def cells(p: Tensor) -> tuple[Tensor, Tensor]:
    """Two float32 like p: distance to the nearest of scattered points, and the rim distance."""
    both = _sample(_texture("cells", p.device), p)
    return both[0], both[1]


def offset(seed: Tensor, index: int) -> Tensor:
    """complex64 like seed: where a scene's own patch of noise number ``index`` begins."""
    a = torch.remainder(seed * 0.754877666 + index * 0.569840291, 1.0) * CELLS
    b = torch.remainder(seed * 0.331793 + index * 0.8191725 + 0.37, 1.0) * CELLS
    return torch.complex(a, b)


def visible(wavelength: Tensor | float, footprint: Tensor) -> Tensor:
    """Weight 0..1 of an octave: it fades out where its wave is shorter than two samples."""
    return (wavelength / footprint * 0.5 - 1.0).clamp_(0.0, 1.0)


def fbm(
    p: Tensor,
    wavelength: Tensor | float,
    octaves: int,
    seed: Tensor,
    index: int,
    footprint: Tensor | None = None,
    gain: float = 0.5,
) -> Tensor:
    """float32 like p, about unit variance: octaves of gradient noise at points in metres.

    ``footprint`` is the distance in metres between samples, like p or broadcastable to it;
    ``seed`` broadcasts to p and chooses the patch.
    """
    q = p / wavelength + offset(seed, index)
    total = torch.zeros(p.shape, device=p.device)
    amplitude, power = 1.0, 0.0
    nearest = None if footprint is None else float(footprint.min())
    for octave in range(octaves):
        scale = 2.0**-octave
        power += amplitude * amplitude
        wave = wavelength * scale
        if nearest is None:
            total += amplitude * lattice(q)
        elif float(wave.max() if isinstance(wave, Tensor) else wave) > 2.0 * nearest:
            assert footprint is not None
            total += amplitude * visible(wave, footprint) * lattice(q)
        amplitude *= gain
        q = q * (2.0 * _TURN) + (17.3 + 5.1j)
    return total / math.sqrt(power)


def ridged(
    p: Tensor,
    wavelength: Tensor | float,
    octaves: int,
    seed: Tensor,
    index: int,
    footprint: Tensor,
    sharpness: float = 2.0,
) -> Tensor:
    """float32 like p, about 0..1: ridged multifractal; crests are sharp, valleys smooth.

    Every octave is weighted by the height so far, as rain and frost carve high ground most.
    """
    q = p / wavelength + offset(seed, index)
    total = torch.zeros(p.shape, device=p.device)
    weight: Tensor | float = 1.0
    amplitude, norm = 1.0, 0.0
    nearest = float(footprint.min())
    for octave in range(octaves):
        wave = wavelength * 2.0**-octave
        if float(wave.max() if isinstance(wave, Tensor) else wave) < 2.0 * nearest:
            break
        crest = (1.0 - lattice(q).abs().mul_(0.62)).clamp_(min=0.0)
        # The first crests stay broad, as mountains are massive; finer ones are sharp.
        crest = crest * (crest if octave else 0.85) * weight
        # An octave too fine to be seen is replaced by its mean, which keeps the height.
        seen = visible(wave, footprint)
        total += amplitude * (crest * seen + (1.0 - seen) * 0.3 * weight)
        norm += amplitude * 0.75
        weight = (crest * sharpness).clamp(0.0, 1.0)
        amplitude *= 0.5
        q = q * (2.03 * _TURN) + (9.7 + 31.1j)
    return total / max(norm, 1e-6)


def smoothstep(low: Tensor | float, high: Tensor | float, x: Tensor) -> Tensor:
    """Cubic 0..1 ramp of x between low and high (high may be below low: a falling ramp)."""
    t = ((x - low) / (high - low)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def mix(a: Tensor | float, b: Tensor | float, t: Tensor) -> Tensor:
    """a where t = 0, b where t = 1."""
    return a + (b - a) * t
