"""What stands on the ground: where trees, bushes, grass, flowers and rocks grow, and their look.

Candidates lie on a jittered lattice of directions and distances, so they are dense near the
camera and no denser than pixels far away; the lattice does not depend on the picture's size.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.contract.materials import BY_KEY
from studio.worlds.batch import Batch
from studio.worlds.ground import (
    CLIFF,
    GRASS,
    LEAVES,
    NEEDLES,
    PETALS,
    SNOW,
    SOIL,
    STRAW,
    WOODED,
    Rgb,
    forest_mask,
)
from studio.worlds.march import View, sun_shadow
from studio.worlds.noise import fbm, mix, smoothstep
from studio.worlds.sky import Light
from studio.worlds.splat import Layer, Stand, draw, join
from studio.worlds.sprites import KINDS
from studio.worlds.terrain import Relief, mountainous, relief

BARK: Rgb = (0.075, 0.055, 0.042)
BIRCH: Rgb = (0.40, 0.38, 0.34)
AUTUMN: tuple[Rgb, ...] = (
    (0.42, 0.20, 0.022), (0.36, 0.105, 0.020), (0.26, 0.045, 0.018), (0.46, 0.30, 0.035),
    (0.16, 0.13, 0.03),
)  # fmt: skip
SHRUBS: dict[str, Rgb] = {
    "spring": (0.185, 0.205, 0.110),
    "summer": (0.135, 0.155, 0.095),
    "autumn": (0.235, 0.075, 0.055),
    "winter": (0.120, 0.082, 0.068),
}
"""Sage, broom and heather: greyer than trees, and russet in autumn."""


@dataclass(frozen=True)
class Spots:
    """Candidates [B, R, C]: plan points, height, slope, relief, and eight random numbers each."""

    p: Tensor
    height: Tensor
    slope: Tensor
    land: Relief
    chance: list[Tensor]
    area: Tensor  # square metres a candidate stands for


def _hash(i: Tensor, j: Tensor, k: int, seed: Tensor) -> Tensor:
    """float32 0..1 from integers, the same on every device."""
    h = i * 73856093 + j * 19349663 + k * 83492791 + seed * 2654435761
    for shift in (15, 13, 16):
        h = (h & 0xFFFFFFFF) ^ ((h & 0xFFFFFFFF) >> shift)
        h = h * 0x2C1B3C6D
    return ((h >> 7) & 0xFFFFFF).float() / 0x1000000


def _spots(
    batch: Batch, view: View, angle: float, ratio: float, near: Tensor, rings: int, number: int
) -> Spots:
    """Candidates ``angle`` apart (as a slope) on rings each ``ratio`` farther than the last."""
    device = batch.device
    edge = float(view.across.abs().max()) + 3 * angle
    half = int(edge / angle) + 1
    i = torch.arange(-half, half + 1, device=device).view(1, 1, -1)
    j = torch.arange(rings, device=device).view(1, -1, 1)
    seeds = torch.tensor([s.seed & 0xFFFFFF for s in batch.scenes], device=device).view(-1, 1, 1)
    seeds = seeds * 31 + number
    chance = [_hash(i, j, k, seeds) for k in range(9)]
    across = (i + chance[0]) * angle
    z = near * torch.exp((j + chance[1]) * torch.log(torch.tensor(ratio)))
    p = torch.complex(across * z, z)
    e = 1.5
    footprint = (z * 0.004).clamp(min=0.5).expand(p.shape)
    land = relief(p, footprint, batch)
    gx = relief(p + e, footprint, batch).height - land.height
    gz = relief(p + 1j * e, footprint, batch).height - land.height
    slope = torch.sqrt(gx * gx + gz * gz) / e
    return Spots(p, land.height, slope, land, chance, z * z * angle * (ratio - 1.0))


def _colours(batch: Batch, values: list[Rgb]) -> Tensor:
    return torch.tensor(values, device=batch.device)


def _choose(options: Tensor, chance: Tensor) -> Tensor:
    """Rows [N, 3] of options [K, 3] by random numbers [N]."""
    return options[(chance * len(options)).long().clamp(max=len(options) - 1)]


def _stand(
    spots: Spots, keep: Tensor, tall: Tensor, kind: Tensor, aspect: Tensor, label: str,
    leaf: Tensor, wood: Tensor, petal: Tensor, snow: Tensor,
    batch: Batch, view: View, light: Light,
) -> Stand:  # fmt: skip
    """Sprites of the candidates in the mask ``keep`` [B, R, C]; colours are [N, 3] reflectances."""
    scene = keep.nonzero()[:, 0]
    p, height = spots.p[keep], spots.height[keep]
    focal = (batch.height * 0.5 / torch.tan(torch.deg2rad(batch["fov"]) * 0.5)).view(-1)[scene]
    z = p.imag
    x = batch.width * 0.5 + p.real / z * focal
    horizon = batch["horizon"].view(-1)[scene] * batch.height
    camera = view.camera.view(-1)[scene]
    foot = horizon + (camera - height + tall * 0.015) / z * focal
    open_ = sun_shadow(view, spots.p, spots.height + 1.0, light.direction)[keep][:, None]
    d = light.direction[scene]
    sun = light.sun.view(-1, 3)[scene] * open_ / 3.1416
    sky = light.ambient.view(-1, 3)[scene] / 3.1416
    back = d[:, 2:3].clamp(-1, 1)
    # Seen against the sun only the rims and the light through the leaves remain.
    front = (0.62 - 0.40 * back).clamp(0.12, 1.0)
    through = torch.tensor([1.0, 1.05, 0.55], device=batch.device) * (0.28 * back.clamp(min=0))

    def lit(albedo: Tensor) -> Tensor:
        return albedo * (sun * (front + through) + sky * 0.85)

    def dark(albedo: Tensor) -> Tensor:
        return albedo * (sun * (0.05 + 0.3 * through) + sky * 0.26)

    white = _colours(batch, [SNOW])
    return Stand(
        scene=scene, x=x, foot=foot, tall=tall * focal / z, wide=tall * aspect * focal / z,
        depth=z, tile=kind,
        flip=torch.where(spots.chance[8].expand_as(keep)[keep] < 0.5, -1.0, 1.0),
        label=torch.full_like(scene, BY_KEY[label].id),
        leaf=lit(leaf), leaf_dark=dark(leaf), wood=lit(wood), wood_dark=dark(wood),
        petal=lit(petal), petal_dark=dark(petal) * 1.6, snow=snow,
        frost=white * (sun * front.clamp(min=0.35) + sky * 0.9),
        side=d[:, 0] * open_[:, 0] * 0.9,
    )  # fmt: skip


def _snowy(batch: Batch, spots: Spots, keep: Tensor) -> Tensor:
    scene = keep.nonzero()[:, 0]
    cover = batch["snow_cover"].view(-1)[scene]
    line = batch["snow_line"].view(-1)[scene]
    high = smoothstep(-60.0, 120.0, spots.height[keep] - line) * (cover <= 0)
    return torch.maximum((cover * 1.25 - 0.2).clamp(0, 1), high)


def _trees(batch: Batch, view: View, light: Light) -> Stand | None:
    if not batch.any("forest"):
        return None
    near = batch["eye"] * 1.0 + 15.0
    spots = _spots(batch, view, 0.0135, 1.065, near, 76, 1)
    forest = forest_mask(spots.p, spots.height, spots.slope, spots.land, batch)
    lone = 0.05 * (batch["forest"] > 0.03) * (spots.slope < 0.6)
    lone = lone * (spots.land.shore > 3.0) * (spots.land.road > 3.0)
    lone = lone * (spots.height < batch["mountain_height"] * 0.42 + 260.0)
    density = torch.maximum(forest, lone * batch["forest"])
    # A forest has a tree every 22 square metres.
    keep = spots.chance[2] < density * (spots.area / 22.0)
    keep = keep & (spots.chance[3] < 0.25 + density)
    keep = keep & ~(mountainous(spots.land, batch) & (spots.p.imag > WOODED))
    scene = keep.nonzero()[:, 0]
    r = [c.expand_as(keep)[keep] for c in spots.chance]
    region = fbm(spots.p, 260.0, 2, batch["patch"], 104)
    lean = batch["conifers"] + region * 0.16
    needle = r[4] < smoothstep(0.35, 0.65, lean)[keep] * 0.96 + 0.02
    bare = torch.tensor([s.season == "winter" for s in batch.scenes], device=batch.device)[scene]
    poplar = (r[5] < 0.14) & ~bare
    conifer, broad, tall_one, naked = (KINDS[k] for k in ("conifer", "broadleaf", "poplar", "bare"))
    first = torch.where(poplar, tall_one.first, broad.first)
    number = torch.where(poplar, tall_one.count, broad.count)
    aspect = torch.where(poplar, tall_one.aspect, broad.aspect)
    first, number = torch.where(bare, naked.first, first), torch.where(bare, naked.count, number)
    aspect = torch.where(bare, naked.aspect, aspect)
    first = torch.where(needle, conifer.first, first)
    number = torch.where(needle, conifer.count, number)
    aspect = torch.where(needle, conifer.aspect, aspect)
    tile = first + (r[6] * number).long()
    tall = torch.where(needle, 9.0 + 11.0 * r[7] ** 1.5, 6.5 + 7.0 * r[7])
    tall = tall * (0.55 + 0.45 * forest[keep].clamp(0.4, 1))
    leaf = _colours(batch, [LEAVES[s.season] for s in batch.scenes])[scene]
    autumn = torch.tensor([s.season == "autumn" for s in batch.scenes], device=batch.device)[scene]
    leaf = torch.where(autumn[:, None], _choose(_colours(batch, list(AUTUMN)), r[3]), leaf)
    spring = torch.tensor([s.season == "spring" for s in batch.scenes], device=batch.device)[scene]
    blossom = spring & (r[3] < 0.4) & ~poplar
    leaf = torch.where(blossom[:, None], _colours(batch, [(0.55, 0.36, 0.40)]), leaf)
    leaf = torch.where(needle[:, None], _colours(batch, [NEEDLES]) * 1.25, leaf)
    leaf = leaf * (0.75 + 0.5 * r[5])[:, None]
    birch = (r[6] > 0.7) & ~needle
    wood = torch.where(birch[:, None], _colours(batch, [BIRCH]), _colours(batch, [BARK]))
    return _stand(
        spots, keep, tall, tile, aspect, "tree", leaf, wood, leaf, _snowy(batch, spots, keep),
        batch, view, light,
    )  # fmt: skip


def _bushes(batch: Batch, view: View, light: Light) -> Stand | None:
    if not batch.any("bushes"):
        return None
    near = batch["eye"] * 1.2 + 2.0
    spots = _spots(batch, view, 0.028, 1.09, near, 50, 2)
    patches = smoothstep(
        0.2, 0.9, fbm(spots.p, 60.0, 2, batch["patch"], 151) + batch["bushes"] - 0.4
    )
    keep = spots.chance[2] < patches * batch["bushes"] * (spots.area / 9.0).clamp(max=0.9)
    keep = keep & (spots.slope < 0.8) & (spots.land.shore > 2.0) & (spots.land.road > 1.2)
    keep = keep & (spots.land.mountain < 0.3 * batch["mountain_height"] + 60)
    scene = keep.nonzero()[:, 0]
    r = [c.expand_as(keep)[keep] for c in spots.chance]
    kind = KINDS["bush"]
    season = [
        SHRUBS[s.season] if s.terrain != "desert" else (0.13, 0.12, 0.05) for s in batch.scenes
    ]
    leaf = _colours(batch, season)[scene] * (0.8 + 0.6 * r[5])[:, None]
    tall = 0.5 + 1.4 * r[7] ** 1.4
    bark = _colours(batch, [BARK]).expand_as(leaf)
    tile = kind.first + (r[6] * kind.count).long()
    return _stand(
        spots, keep, tall, tile, torch.full_like(tall, kind.aspect), "bush", leaf, bark, leaf,
        _snowy(batch, spots, keep), batch, view, light,
    )  # fmt: skip


def _meadow(batch: Batch, view: View, light: Light) -> list[Stand]:
    """Tufts of grass and flowers close to the camera."""
    if min(s.eye for s in batch.scenes) > 20.0:
        return []
    near = (view.near * 1.4).clamp(min=0.8)
    spots = _spots(batch, view, 0.032, 1.075, near, 46, 3)
    region = fbm(spots.p, 260.0, 2, batch["patch"], 104)
    bare = region + 0.35 * fbm(spots.p, 37.0, 1, batch["patch"], 101) > mix(
        2.0, -1.8, batch["bare"]
    )
    grows = ~bare & (spots.land.shore > 4.0) & (spots.land.road > 0.3) & (spots.slope < 0.7)
    grows = grows & (batch["snow_cover"] < 0.75) & (batch.where("terrain", "desert") < 1)
    grows = grows & (spots.p.imag < 60.0)
    drifts = smoothstep(
        0.4, 0.6, fbm(spots.p, 9.0, 3, batch["patch"], 152) + batch["flowers"] - 0.3
    )
    drifts = drifts * (batch["flowers"] > 0.05)
    bloom = spots.chance[3] < drifts * (0.35 + 0.6 * batch["flowers"])
    stands = []
    petals = _colours(batch, list(PETALS))
    for name, mask in (("tuft", ~bloom), ("flower", bloom)):
        thick = (
            0.35 + 0.6 * batch["tall_grass"] if name == "tuft" else torch.ones_like(bare).float()
        )
        keep = grows & mask & (spots.chance[2] < thick)
        if not bool(keep.any()):
            continue
        scene = keep.nonzero()[:, 0]
        r = [c.expand_as(keep)[keep] for c in spots.chance]
        grass = _colours(batch, [GRASS[s.season] for s in batch.scenes])[scene] * 1.15
        dry = (batch["dryness"].view(-1)[scene] + (r[5] - 0.5) * 0.3).clamp(0, 1)[:, None]
        leaf = mix(grass, _colours(batch, [STRAW]), dry * 0.75) * (0.8 + 0.4 * r[4])[:, None]
        # One meadow has two or three colours of flowers.
        patch = batch["patch"].view(-1)[scene]
        petal = _choose(petals, torch.frac(patch * 0.37 + torch.floor(r[6] * 2.4) * 0.29))
        lush = batch["tall_grass"].view(-1)[scene]
        tall = (0.10 + 0.34 * lush) * (0.6 + 0.8 * r[7])
        if name == "flower":
            tall = tall * 0.7 + 0.22
        kind = KINDS[name]
        tile = kind.first + (r[6] * kind.count).long()
        stands.append(
            _stand(
                spots, keep, tall, tile, torch.full_like(tall, kind.aspect),
                "grass" if name == "tuft" else "flower", leaf, leaf, petal,
                _snowy(batch, spots, keep) * 0.6, batch, view, light,
            )
        )  # fmt: skip
    return stands


def _rocks(batch: Batch, view: View, light: Light) -> Stand | None:
    if not batch.any("rocks"):
        return None
    near = (view.near * 1.6).clamp(min=1.2)
    spots = _spots(batch, view, 0.045, 1.11, near, 52, 4)
    fields = smoothstep(
        0.0, 1.2, fbm(spots.p, 30.0, 2, batch["patch"], 153) + batch["rocks"] * 1.4 - 0.9
    )
    shore = smoothstep(8.0, 1.0, spots.land.shore.abs()) * 0.5
    keep = spots.chance[2] < torch.maximum(fields, shore) * batch["rocks"].clamp(max=1) * 0.4
    keep = keep & (spots.land.road > 1.0) & (spots.land.shore > -3.0)
    scene = keep.nonzero()[:, 0]
    r = [c.expand_as(keep)[keep] for c in spots.chance]
    z = spots.p.imag[keep]
    # Big ones are rare, and needed only where small ones would be too small to see.
    tall = 0.06 + (0.035 + 0.05 * r[7] ** 3) * z.clamp(max=30.0) * (0.3 + r[5])
    tall = tall.clamp(max=3.0)
    kind = KINDS["rock"]
    tile = kind.first + (r[6] * kind.count).long()
    big = (tall > 0.8)[:, None]
    stone = torch.where(big, _colours(batch, [CLIFF]), _colours(batch, [SOIL["stone"]]))
    stone = stone * (0.85 + 0.3 * r[4])[:, None]
    desert = batch.where("terrain", "desert").view(-1)[scene][:, None]
    stone = stone * mix(1.25, _colours(batch, [(1.7, 1.2, 0.85)]), desert)
    aspect = kind.aspect * (0.75 + 0.5 * r[3])
    stand = _stand(
        spots, keep, tall, tile, aspect, "stone", stone, stone, stone,
        _snowy(batch, spots, keep), batch, view, light,
    )  # fmt: skip
    stand.label = torch.where(big[:, 0], BY_KEY["rock"].id, stand.label)
    return stand


def plant(batch: Batch, view: View, light: Light) -> Layer | None:
    """Everything that stands on the ground of the batch, drawn in one layer."""
    stands = [_trees(batch, view, light), _bushes(batch, view, light), _rocks(batch, view, light)]
    present = [s for s in stands if s is not None] + _meadow(batch, view, light)
    if not present:
        return None
    stand = join(present)
    stand = stand.take((stand.tall > 1.2) & (stand.foot > -4))
    return draw(stand, (len(batch), batch.height, batch.width), view.depth)
