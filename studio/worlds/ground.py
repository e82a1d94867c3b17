"""What covers the ground, its colour, and the label a person would paint for it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.contract.materials import BY_KEY
from studio.worlds.batch import Batch
from studio.worlds.noise import cells, fbm, mix, offset, smoothstep
from studio.worlds.terrain import Relief, mountainous

SOILS = ("dirt", "gravel", "mud", "sand", "stone")
Rgb = tuple[float, float, float]

# Linear reflectances.
GRASS: dict[str, Rgb] = {
    "spring": (0.135, 0.245, 0.045),
    "summer": (0.078, 0.118, 0.034),
    "autumn": (0.200, 0.142, 0.046),
    "winter": (0.125, 0.115, 0.055),
}
STRAW: Rgb = (0.27, 0.21, 0.085)
LEAVES: dict[str, Rgb] = {
    "spring": (0.140, 0.225, 0.042),
    "summer": (0.050, 0.092, 0.022),
    "autumn": (0.260, 0.110, 0.018),
    "winter": (0.085, 0.070, 0.055),
}
NEEDLES: Rgb = (0.032, 0.062, 0.030)
SOIL: dict[str, Rgb] = {
    "dirt": (0.190, 0.106, 0.052),
    "gravel": (0.32, 0.31, 0.295),
    "mud": (0.052, 0.042, 0.033),
    "sand": (0.46, 0.35, 0.215),
    "stone": (0.130, 0.142, 0.160),
}
ROCK: Rgb = (0.17, 0.155, 0.14)
CLIFF: Rgb = (0.205, 0.160, 0.120)  # below the mountains stone is weathered and warm
PASTURE: Rgb = (1.32, 1.13, 0.60)  # grazed hillsides against grass, as factors
WOODED = 1500.0  # metres from which on a wooded mountain is labelled a mountain
SNOW: Rgb = (0.80, 0.83, 0.88)
PETALS: tuple[Rgb, ...] = (
    (0.75, 0.55, 0.03), (0.62, 0.035, 0.04), (0.30, 0.10, 0.55), (0.78, 0.76, 0.72),
    (0.72, 0.22, 0.42), (0.12, 0.16, 0.62), (0.75, 0.30, 0.03),
)  # fmt: skip
ASPHALT: Rgb = (0.070, 0.070, 0.078)
MARKING: Rgb = (0.62, 0.62, 0.60)
TRACK: Rgb = (0.27, 0.240, 0.200)


@dataclass(frozen=True)
class Cover:
    """Ground cover of every pixel: linear ``albedo`` [B, 3, H, W], ``label`` int64 [B, H, W],
    ``forest``, ``snow`` and ``wet`` (standing water) 0..1, ``bumps`` metres of relief too fine
    for the land itself."""

    albedo: Tensor
    label: Tensor
    forest: Tensor
    snow: Tensor
    wet: Tensor
    bumps: Tensor


def _rgb(batch: Batch, values: list[Rgb]) -> Tensor:
    return torch.tensor(values, device=batch.device).view(-1, 3, 1, 1)


def _one(batch: Batch, value: Rgb) -> Tensor:
    return torch.tensor(value, device=batch.device).view(1, 3, 1, 1)


def _id(key: str) -> int:
    return BY_KEY[key].id


def forest_mask(p: Tensor, height: Tensor, slope: Tensor, land: Relief, batch: Batch) -> Tensor:
    """0..1 density of forest at plan points, without the detail of single trees."""
    patches = fbm(p, 420.0, 3, batch["patch"], 91, gain=0.5)
    want = mix(1.7, -1.9, batch["forest"])
    mask = smoothstep(-0.15, 0.15, patches - want)
    line = batch["mountain_height"] * 0.42 + 260.0
    mask = mask * smoothstep(1.0, 0.85, height / line + patches * 0.06)
    mask = mask * smoothstep(1.15, 0.8, slope)
    mask = mask * smoothstep(3.0, 9.0, land.shore) * smoothstep(2.0, 6.0, land.road)
    # People stop where they can see: the foreground is open, but for the woods themselves.
    clear = batch["clearing"] + batch["eye"] * 0.6
    aside = (p.real.abs() / p.imag.clamp(min=1.0) - 0.12).clamp(min=0.0) * 120.0
    mask = mask * smoothstep(clear * 0.55, clear * 1.3, p.imag + aside + patches * clear * 0.25)
    return mask * (batch["forest"] > 0.01)


def cover(
    p: Tensor, footprint: Tensor, height: Tensor, slope: Tensor, land: Relief, batch: Batch
) -> Cover:
    """Cover of the ground at plan points complex64 [B, H, W].

    ``slope`` is rise over run, ``footprint`` metres per pixel; both float32 [B, H, W].
    """
    seed = batch["patch"]
    broad = fbm(p, 37.0, 3, seed, 101, footprint)
    middle = fbm(p, 5.0, 3, seed, 102, footprint)
    fine = fbm(p, 0.6, 4, seed, 103, footprint, gain=0.7)
    region = fbm(p, 260.0, 2, seed, 104)

    # Grass, from lush to straw.
    season = [s.season for s in batch.scenes]
    grass = _rgb(batch, [GRASS[s] for s in season])
    dry = (batch["dryness"] + region * 0.12 + middle * 0.08).clamp(0, 1)[:, None]
    albedo = mix(grass, _one(batch, STRAW), dry * 0.75)
    albedo = albedo * (1.0 + 0.13 * broad + 0.15 * middle + 0.17 * fine).clamp(0.3, 2.0)[:, None]
    label = torch.full(p.shape, _id("grass"), device=p.device, dtype=torch.int64)
    bumps = fine * 0.016

    def lay(mask: Tensor, colour: Tensor, key: str | Tensor | None) -> None:
        nonlocal albedo, label
        albedo = mix(albedo, colour, mask[:, None])
        if key is not None:
            value = key if isinstance(key, Tensor) else torch.tensor(_id(key), device=p.device)
            label = torch.where(mask > 0.5, value, label)

    # Far rolling ground is a hill rather than grass: grazed short, lighter and yellower.
    hilly = smoothstep(0.08, 0.16, land.hill / batch["hill_height"].clamp(min=1.0))
    hilly = hilly * (batch["hill_height"] > 9) * smoothstep(70.0, 110.0, p.imag)
    lay(hilly, albedo * _one(batch, PASTURE), "hill")

    if batch.any("flowers"):
        drifts = fbm(p, 9.0, 3, seed, 152) + batch["flowers"] - 0.3
        bloom = smoothstep(0.45, 0.65, drifts) * (batch["flowers"] > 0.05) * (p.imag < 250.0)
        centre, _ = cells(p / 0.45 + offset(seed, 109))
        dots = mix(0.55, smoothstep(0.38, 0.24, centre), (0.2 / footprint - 0.4).clamp(0, 1))
        hue = torch.floor(torch.frac(batch["patch"] * 0.37) * len(PETALS))
        petal = _rgb(batch, [PETALS[int(h)] for h in hue.flatten().tolist()])
        lay(bloom * dots * 0.9, petal, None)
        label = torch.where(bloom > 0.5, _id("flower"), label)

    # Bare soil in patches, and all along the shore.
    soil_ids = torch.tensor([_id(s.soil) for s in batch.scenes], device=p.device).view(-1, 1, 1)
    soil = _rgb(batch, [SOIL[s.soil] for s in batch.scenes])
    soil = soil * (1.0 + 0.12 * broad + 0.12 * middle + 0.18 * fine).clamp(0.3, 2.0)[:, None]
    pebbles = None
    if batch.any("soil", "gravel", "stone"):
        size = mix(0.16, 1.1, batch.where("soil", "stone"))
        near, rim = cells(p / size + offset(seed, 105))
        seen = (size / footprint * 0.4 - 0.5).clamp(0, 1)
        pebbles = mix(1.0, (0.55 + 0.5 * smoothstep(0.0, 0.22, rim)) * (1.12 - near * 0.3), seen)
        stony = batch.where("soil", "gravel", "stone")
        soil = soil * mix(1.0, pebbles, stony)[:, None]
        bumps = bumps + stony * seen * smoothstep(0.0, 0.35, rim) * size * 0.10
    bare = smoothstep(-0.25, 0.25, region + 0.35 * broad - mix(2.0, -1.8, batch["bare"]))
    beach = torch.where(batch.where("water", "sea") > 0, 26.0, 5.0)
    strand = smoothstep(1.15, 0.8, land.shore / beach + 0.15 * middle)
    sand_shore = torch.maximum(batch.where("water", "sea"), batch.where("soil", "sand"))
    lay(torch.maximum(bare, strand * (1 - sand_shore)), soil, soil_ids)
    if batch.any("water", "sea"):
        sand = _one(batch, SOIL["sand"]) * (1.0 + 0.05 * broad + 0.09 * fine)[:, None]
        lay(strand * batch.where("water", "sea"), sand, "sand")

    if batch.any("soil", "sand"):
        # Wind ripples, seen close by only.
        sway = fbm(p, 3.0, 2, seed, 107)
        ripple = torch.sin((p.imag + p.real * 0.35) * 26.0 + sway * 2.2)
        near_sand = (batch.where("soil", "sand") * (0.12 / footprint - 1.0)).clamp(0, 1)
        bumps = bumps + ripple * near_sand * bare * 0.012
    # Steep ground cannot hold soil.
    steep = smoothstep(0.54, 0.85, slope + 0.10 * broad)
    steep = steep * (1.0 - (batch["dunes"] > 3.0) * (land.mountain < 20.0).float())
    on_mountain = mountainous(land, batch)
    rock = torch.where(on_mountain[:, None], _one(batch, ROCK), _one(batch, CLIFF))
    rock = rock * (1.0 + 0.2 * middle + 0.2 * fine + 0.14 * region)[:, None]
    # Beds of stone, tilted and bent, and streaks of scree and lichen that run downhill.
    beds = height + 26.0 * region + 9.0 * broad + p.real * 0.12
    thick = 34.0
    strata = torch.sin(beds * (6.283 / thick)) + 0.6 * torch.sin(beds * (6.283 / thick) * 2.7)
    strata = strata * (thick / footprint * 0.12 - 0.3).clamp(0, 1)
    crag = fbm(p, 190.0, 5, seed, 108, footprint, gain=0.62)
    rock = rock * (1.0 + 0.07 * strata + 0.17 * crag).clamp(0.3, 2.0)[:, None]
    rock = mix(
        rock, _one(batch, (0.155, 0.135, 0.105)), smoothstep(0.4, 1.8, crag - region)[:, None] * 0.6
    )
    rock = rock * mix(
        1.0, _one(batch, (1.5, 1.05, 0.72)), batch.where("terrain", "desert")[..., None]
    )
    lay(steep, rock, "rock")
    # High ground of mountains is mostly stone.
    high = smoothstep(
        0.25, 0.5, land.mountain / batch["mountain_height"].clamp(min=1.0) + 0.05 * broad
    )
    scree = high * smoothstep(0.10, 0.5, slope + 0.35 * high + 0.12 * crag)
    lay(scree * 0.92, rock * 1.08, None)
    label = torch.where(on_mountain, _id("mountain"), label)

    forest = forest_mask(p, height, slope, land, batch)
    clump = fbm(p, 14.0, 3, seed, 106, footprint, gain=0.7)
    trunk = forest * smoothstep(0.25, 0.6, forest + 0.08 * clump)
    leaves = mix(
        _rgb(batch, [LEAVES[s] for s in season]), _one(batch, NEEDLES),
        smoothstep(-0.4, 0.4,
                   region * 0.6 + clump * 0.35 + mix(-1.2, 1.2, batch["conifers"]))[:, None],
    ) * (0.85 + 0.3 * clump).clamp(0.25, 1.8)[:, None]  # fmt: skip
    lay(trunk, leaves, "tree")
    # From afar the woods on a mountain are part of it.
    label = torch.where(on_mountain & (p.imag > WOODED), _id("mountain"), label)
    bumps = bumps + trunk * clump * 2.2

    # Snow lies where it is high or cold and not too steep.
    above = smoothstep(-120.0, 160.0, height - batch["snow_line"] + 90.0 * broad + 130.0 * region)
    winter = (batch["snow_cover"] * 1.5 - 0.25 + 0.12 * broad + 0.06 * fine).clamp(0, 1)
    winter = winter * (batch["snow_cover"] > 0)
    lies = torch.maximum(above * (batch["snow_cover"] <= 0), winter)
    snow = lies * smoothstep(0.95, 0.6, slope + 0.12 * middle) * smoothstep(0.4, 2.0, land.shore)
    # The sea washes the snow off the edge of the beach.
    washed = smoothstep(5.0, 2.5, land.shore + 1.5 * middle)
    snow = snow * (1.0 - trunk * 0.65) * (1.0 - washed * batch.where("water", "sea") * 0.8)
    albedo = mix(albedo, _one(batch, SNOW) * (1.0 + 0.03 * fine)[:, None], snow[:, None])
    deep = (snow > 0.6) & (trunk < 0.5)
    # A mountain in winter is a mountain; at other seasons its snow is a thing of its own.
    peak = on_mountain & (batch["snow_cover"] > 0)
    label = torch.where(deep & ~peak, _id("snow"), label)

    on_road = smoothstep(0.25, -0.1, land.road + 0.12 * middle) * ~on_mountain
    if any(s.road for s in batch.scenes):
        paved = batch["road_paved"][:, None]
        way = mix(_one(batch, TRACK), _one(batch, ASPHALT), paved)
        way = way * (1.0 + 0.1 * middle + 0.1 * fine)[:, None]
        # Grass grows between the ruts of a track; an asphalt road has lines.
        strip = smoothstep(-1.0, -1.25, land.road) * 0.7 * (1 - paved[:, 0])
        way = mix(way, albedo, strip[:, None])
        edge = (land.road + 0.4).abs() < 0.12
        dash = (land.road < -2.85) & (torch.remainder(p.imag, 9.0) < 4.0)
        lines = (edge | dash) * paved[:, 0] * (0.5 / footprint - 0.5).clamp(0, 0.9)
        way = mix(way, _one(batch, MARKING), lines[:, None])
        way = mix(way, _one(batch, SNOW) * 0.85, (0.55 * snow * (1 - 0.4 * paved[:, 0]))[:, None])
        lay(on_road, way, "road")
    puddles = smoothstep(0.0, 0.4, middle + 0.5 * broad) * batch.where("soil", "mud")
    wet = puddles * (label == _id("mud"))
    return Cover(albedo, label, trunk, snow * (1 - on_road), wet, bumps)
