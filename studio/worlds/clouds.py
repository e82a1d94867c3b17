"""Clouds: heaps, broken layers, a grey deck, and thin cirrus above."""

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.cumulus import heap
from studio.worlds.noise import fbm, lattice, mix, offset, smoothstep
from studio.worlds.sky import Light


def _broken(across: Tensor, up: Tensor, batch: Batch, light: Light) -> tuple[Tensor, Tensor]:
    """Opacity and brightness [B, h, W] of a thin layer broken into flakes."""
    seed, scale = batch["patch"], batch["cloud_scale"]
    rise = up.clamp(min=0.02)
    p = torch.complex(across.expand_as(up) / rise, 1.0 / rise) * 2200.0
    # Rows of pixels lie ever farther apart towards the horizon.
    footprint = 2200.0 * across.abs().amax(2, keepdim=True) * 2 / batch.width / (rise * rise) * 0.35
    sun = light.direction.view(-1, 3, 1, 1)
    toward = torch.complex(sun[:, 0], sun[:, 2]) * (scale * 0.10)
    bent = p + lattice(p / (scale * 1.6) + offset(seed, 64)) * (scale * 0.3)
    density = fbm(bent, scale * 1.3, 6, seed, 61, footprint, gain=0.56)
    beyond = fbm(bent + toward, scale * 1.3, 4, seed, 61, footprint, gain=0.56)
    threshold = mix(2.4, -1.5, batch["cloud_cover"])
    solid = smoothstep(-0.1, 1.0, density - threshold)
    body = smoothstep(0.2, 1.8, density - threshold)
    bright = (0.85 - 0.40 * body + 0.22 * (density - beyond)).clamp(0.2, 1.3)
    return solid, bright


def _deck(across: Tensor, up: Tensor, batch: Batch) -> Tensor:
    """Brightness [B, h, W] of a closed grey deck."""
    rise = up.clamp(min=0.02) + 0.05
    p = torch.complex(across.expand_as(up) / rise, 1.0 / rise) * 1000.0
    folds = fbm(p, 2600.0, 5, batch["patch"], 71, gain=0.55)
    return (1.0 + folds * 0.20).clamp(0.4, 1.6)


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


def fog_colour(light: Light) -> Tensor:
    """Radiance [B, 3, 1, 1] of thick fog lit from all sides."""
    return light.ambient * 0.30 + light.sun * 0.03


def add_clouds(
    sky: Tensor, across: Tensor, up: Tensor, cosine: Tensor, batch: Batch, light: Light
) -> tuple[Tensor, Tensor, Tensor]:
    """Sky with clouds [B, 3, h, W], their opacity and whether fog hides it [B, h, W]."""
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
    if batch.any("weather", "overcast", "rain", "snowfall"):
        grey = batch.where("weather", "overcast", "rain", "snowfall")
        fold = _deck(across, up, batch)
        dark = 1.0 - 0.3 * batch.where("weather", "rain")
        deck = light.ambient * 0.30 * (fold * dark)[:, None]
        tint = horizon / horizon.mean(1, keepdim=True).clamp(min=1e-5)
        deck = deck * mix(1.0, tint, light.low_sun * 0.35)
        low = torch.exp(-up * 11.0)[:, None]
        deck = mix(deck, light.ambient * 0.30, low)
        sky = mix(sky, deck, grey[:, None])
        opacity = torch.maximum(opacity, grey.expand_as(opacity))
    if batch.any("clouds", "broken"):
        open_sky = batch.where("weather", "cloudy", "clear") * batch.where("clouds", "broken")
        solid, bright = _broken(across, up, batch, light)
        solid = solid * open_sky * smoothstep(0.015, 0.08, up)
        colour = light.sun * 0.16 * (bright[:, None] * forward) + light.ambient * 0.22
        colour = mix(horizon, colour, distant)
        sky = mix(sky, colour, (solid * 0.94)[:, None])
        opacity = torch.maximum(opacity, solid)
    if batch.any("clouds", "cumulus"):
        sky, opacity = heap(sky, opacity, across, batch, light)
    if batch.any("weather", "fog"):
        # Fog lies over the camera too: only high in the sky does something shine through.
        fog = batch.where("weather", "fog")
        deep = torch.exp(-up * mix(3.0, 0.6, (batch["haze"] * 200).clamp(0, 1))) * fog
        level = fog_colour(light)
        glow = 1.0 + 0.9 * cosine.clamp(min=0).pow(24) * (1 - batch["cloud_cover"] * 0.6)
        sky = mix(sky, level * glow[:, None], deep[:, None].clamp(0, 1))
        opacity = opacity * (1 - deep)
        fogged = deep > 0.72
    else:
        fogged = torch.zeros_like(up, dtype=torch.bool)
    return sky, opacity, fogged
