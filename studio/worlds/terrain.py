"""The lie of the land: height of the ground at any point, with the places water and roads take."""

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.noise import fbm, lattice, mix, offset, ridged, smoothstep


@dataclass(frozen=True)
class Relief:
    """What the ground is like at points of any shape; lengths in metres.

    ``height`` above the water level, ``mountain`` and ``hill`` the parts of it that mountains
    and rolling hills make, ``shore`` the signed distance to the water's edge (negative in the
    water, large where there is none), ``road`` the signed distance to the road's edge
    (negative on it).
    """

    height: Tensor
    mountain: Tensor
    hill: Tensor
    shore: Tensor
    road: Tensor


FAR = 1e5


def mountainous(land: Relief, batch: Batch) -> Tensor:
    """bool like the relief: where the ground belongs to a mountain."""
    return land.mountain > 0.08 * batch["mountain_height"].clamp(min=1.0)


def _bend(z: Tensor, batch: Batch, strength: Tensor, phase: float) -> Tensor:
    """Sideways swing in metres of a river or road at distance z; swings widen with distance."""
    t = torch.log1p(z.clamp(min=0.0) / 25.0)
    a = batch["patch"] * 1.7 + phase
    swing = torch.sin(t * 2.1 + a) + 0.5 * torch.sin(t * 4.3 + a * 1.7)
    return swing * strength * (z.clamp(min=0.0) * 0.22 + 3.0)


def _shore(p: Tensor, batch: Batch) -> Tensor:
    """Signed distance in metres from the water's edge, negative in the water."""
    shore = torch.full(p.shape, FAR, device=p.device)
    if all(s.water == "none" for s in batch.scenes):
        return shore
    x, z = p.real, p.imag
    seed = batch["patch"]
    ragged = fbm(p, 90.0, 3, seed, 11) * 6.0 + fbm(p, 800.0, 2, seed, 12) * 40.0 * smoothstep(
        100.0, 1500.0, z
    )
    if batch.any("water", "lake"):
        length, width = batch["water_length"], batch["water_width"]
        dz = (z - batch["water_z"] - length * 0.5) / (length * 0.5)
        dx = (x - batch["water_x"]) / (width * 0.5)
        r = torch.sqrt(dx * dx + dz * dz + 1e-4)
        lake = (r - 1.0) * torch.minimum(length, width) * 0.5 + ragged * 0.8
        shore = torch.where(batch.where("water", "lake") > 0, lake, shore)
    if batch.any("water", "sea"):
        angle = torch.deg2rad(batch["shore_angle"])
        # Land lies on one side of a line that passes a little in front of the camera.
        side = torch.where(batch["water_x"] > 0, 1.0, -1.0)
        across = side * x * torch.sin(angle) - z * torch.cos(angle).abs().clamp(min=0.2)
        limit = across.abs() * 0.3 + 6.0
        sea = across + batch["eye"] * 0.6 + 4.0 + torch.minimum(ragged * 1.2, limit).maximum(-limit)
        shore = torch.where(batch.where("water", "sea") > 0, sea, shore)
    if batch.any("water", "river"):
        start = batch["water_x"].clamp(-25.0, 25.0)
        middle = (
            start
            + _bend(z, batch, batch["meander"], 0.0)
            - _bend(torch.zeros_like(z), batch, batch["meander"], 0.0)
        )
        half = batch["water_width"] * 0.5
        river = (x - middle).abs() - half + ragged * 0.12
        shore = torch.where(batch.where("water", "river") > 0, river, shore)
    return shore


def _road(p: Tensor, batch: Batch) -> Tensor:
    road = torch.full(p.shape, FAR, device=p.device)
    if not any(s.road for s in batch.scenes):
        return road
    middle = batch["road_x"] + _bend(p.imag, batch, batch["road_bend"], 2.4)
    half = mix(1.5, 3.0, batch["road_paved"])
    return torch.where(batch["road"] > 0, (p.real - middle).abs() - half, road)


def _mountains(p: Tensor, footprint: Tensor, batch: Batch) -> Tensor:
    seed = batch["patch"]
    scale = batch["mountain_scale"]
    warp = torch.complex(
        lattice(p / (scale * 0.9) + offset(seed, 21)), lattice(p / (scale * 0.9) + offset(seed, 22))
    )
    q = p + warp * (scale * 0.12)
    crest = ridged(q, scale, 9, seed, 23, footprint, sharpness=1.55)
    # Whole massifs rather than a row of teeth: the ridges ride on a broad swell.
    swell = (fbm(p, scale * 1.1, 2, seed, 24) * 0.28 + 0.62).clamp(0.12, 1.2)
    crest = crest * (0.55 + 0.45 * swell) * swell
    start = batch["mountain_start"]
    rise = smoothstep(start, start * 1.6 + scale * 0.5, p.imag)
    # No steeper than rock can stand.
    height = torch.minimum(batch["mountain_height"], scale * 0.30)
    return height * rise * crest * 1.35


def relief(p: Tensor, footprint: Tensor, batch: Batch) -> Relief:
    """The ground at points complex64 [B, ...] seen with samples ``footprint`` metres apart."""
    seed = batch["patch"]
    z = p.imag
    shore, road = _shore(p, batch), _road(p, batch)
    land = smoothstep(0.0, 1.0, shore / (40.0 + batch["water_width"] * 0.4))
    near = smoothstep(10.0, 500.0, z)
    rolling = fbm(p, batch["hill_scale"], 6, seed, 31, footprint, gain=0.42)
    rolling = (rolling * 0.5 + 0.55).clamp(min=-0.2) * batch["hill_height"]
    hill = rolling * near * land
    small = fbm(p, 26.0, 5, seed, 41, footprint, gain=0.45) * 0.22
    flat = smoothstep(-0.5, 4.0, road)
    height = 0.9 + hill + small * mix(0.15, 1.0, flat)
    if batch.any("dunes"):
        height = height + _dunes(p, footprint, batch)
    mountain = torch.zeros_like(height)
    if batch.any("mountain_height"):
        away = smoothstep(0.0, 400.0, shore)
        mountain = _mountains(p, footprint, batch) * away
        height = height + mountain
    wet = shore < FAR * 0.5
    beach = mix(0.22, 0.06, batch.where("water", "sea"))
    bank = shore * beach + small * mix(0.6, 0.2, batch.where("water", "sea"))
    height = torch.where(wet, torch.minimum(height, bank.clamp(min=-6.0)), height)
    return Relief(height, mountain, hill, shore, road)


def _dunes(p: Tensor, footprint: Tensor, batch: Batch) -> Tensor:
    seed = batch["patch"]
    bent = p + torch.complex(lattice(p / 300.0 + offset(seed, 51)) * 45.0, torch.zeros_like(p.real))
    bent = torch.complex(bent.real * 0.55, bent.imag + bent.real * 0.3)
    wave = fbm(bent, batch["dunes"] * 11.0, 2, seed, 52, footprint, gain=0.35)
    crest = (1.0 - wave.abs() * 0.75).clamp(min=0.0)
    small = fbm(bent, 24.0, 2, seed, 53, footprint) * 0.25
    return (batch["dunes"] * crest * crest + small) * smoothstep(8.0, 120.0, p.imag)
