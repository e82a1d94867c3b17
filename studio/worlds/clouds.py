"""Clouds: a slab of cumulus marched front to back, a grey deck, and thin cirrus above."""

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.noise import fbm, lattice, mix, offset, smoothstep
from studio.worlds.sky import Light

_STEPS = 10
BASE = 1300.0


def _cumulus(across: Tensor, up: Tensor, batch: Batch, light: Light) -> tuple[Tensor, Tensor]:
    """Opacity and brightness [B, h, W] of heaped clouds along rays."""
    seed, scale = batch["patch"], batch["cloud_scale"]
    rise = up.clamp(min=0.012)
    thick = scale * 0.55
    cover = batch["cloud_cover"]
    threshold = mix(1.55, -1.1, cover)
    through = torch.ones_like(up)
    bright = torch.zeros_like(up)
    sun = light.direction.view(-1, 3, 1, 1)
    toward = torch.complex(sun[:, 0], sun[:, 2]) * (scale * 0.16)
    p0 = torch.complex(across.expand_as(up) / rise, 1.0 / rise)
    detail_fade = smoothstep(0.01, 0.06, up)
    for step in range(_STEPS):
        h = (step + 0.5) / _STEPS
        p = p0 * (BASE + thick * h)
        body = fbm(p, scale * 2.2, 2, seed, 61, gain=0.5)
        puff = fbm(p + (0.6 + 0.4j) * thick * h, scale * 0.42, 3, seed, 62, gain=0.55)
        shape = body + puff * 0.42 * detail_fade
        # Flat bases, rounded tops: the cloud narrows with height.
        density = ((shape - threshold) - 2.1 * h * h) * 2.2
        density = density.clamp(0.0, 1.0)
        lit = fbm(p + toward, scale * 2.2, 1, seed, 61) * 0.9
        shade = (0.35 + 0.75 * h - 0.16 * (lit - body * 0.8)).clamp(0.1, 1.25)
        absorbed = 1.0 - torch.exp(-density * 1.6)
        bright = bright + through * absorbed * shade
        through = through * (1.0 - absorbed)
    opacity = 1.0 - through
    return opacity, bright / opacity.clamp(min=1e-3)


def _deck(across: Tensor, up: Tensor, batch: Batch) -> Tensor:
    """Brightness [B, h, W] of a closed grey deck."""
    rise = up.clamp(min=0.02) + 0.05
    p = torch.complex(across.expand_as(up) / rise, 1.0 / rise) * 1000.0
    folds = fbm(p, 2600.0, 5, batch["patch"], 71, gain=0.55)
    return (1.0 + folds * 0.13).clamp(0.4, 1.6)


def _cirrus(across: Tensor, up: Tensor, batch: Batch) -> Tensor:
    """Opacity [B, h, W] of ice clouds drawn out by the wind."""
    rise = up.clamp(min=0.03)
    p = torch.complex(across.expand_as(up) / rise, 1.0 / rise) * 8000.0
    p = p * (0.8 + 0.6j)
    bent = p + lattice(p / 14000.0 + offset(batch["patch"], 83)) * 5000.0
    combed = torch.complex(bent.real * 0.22, bent.imag)
    strands = fbm(combed, 5200.0, 5, batch["patch"], 81, gain=0.6)
    where = fbm(p, 26000.0, 2, batch["patch"], 82)
    return (smoothstep(-0.2, 2.2, strands) * smoothstep(-0.6, 1.2, where)) * batch["cirrus"]


def add_clouds(
    sky: Tensor, across: Tensor, up: Tensor, cosine: Tensor, batch: Batch, light: Light
) -> tuple[Tensor, Tensor]:
    """Sky with clouds [B, 3, h, W] and their opacity [B, h, W], for rays above the horizon."""
    opacity = torch.zeros_like(up)
    horizon = sky
    # Clouds near the horizon are seen through much air, and take its colour.
    distant = torch.exp(-0.05 / up.clamp(min=0.004))[:, None]
    forward = (0.6 + 1.6 * cosine.clamp(min=0.0).pow(6))[:, None]
    if batch.any("cirrus"):
        thin = _cirrus(across, up, batch) * smoothstep(0.0, 0.12, up)
        colour = light.sun * 0.17 * forward + light.ambient * 0.22
        sky = mix(sky, colour, (thin * 0.85)[:, None])
        opacity = thin * 0.8
    if batch.any("weather", "overcast", "rain", "snowfall", "fog"):
        grey = batch.where("weather", "overcast", "rain", "snowfall")
        fold = _deck(across, up, batch)
        dark = 1.0 - 0.3 * batch.where("weather", "rain")
        deck = light.ambient * 0.30 * (fold * dark)[:, None]
        tint = horizon / horizon.mean(1, keepdim=True).clamp(min=1e-5)
        deck = deck * mix(1.0, tint, light.low_sun * 0.35)
        sky = mix(sky, deck, grey[:, None])
        opacity = torch.maximum(opacity, grey.expand_as(opacity))
    if batch.any("weather", "cloudy", "clear"):
        open_sky = batch.where("weather", "cloudy", "clear") * (batch["cloud_cover"] > 0.02)
        solid, bright = _cumulus(across, up, batch, light)
        solid = solid * open_sky * smoothstep(0.0, 0.03, up)
        colour = light.sun * 0.16 * (bright[:, None] * forward) + light.ambient * 0.24
        colour = mix(horizon, colour, distant)
        sky = mix(sky, colour, solid[:, None])
        opacity = torch.maximum(opacity, solid * smoothstep(0.0, 0.05, up))
    return sky, opacity
