"""Lakes, rivers and the sea: mirrored land and sky, ripples, glitter, foam."""

import torch
from torch import Tensor

from studio.contract.materials import BY_KEY
from studio.worlds.batch import Batch
from studio.worlds.march import View
from studio.worlds.noise import fbm, mix, smoothstep
from studio.worlds.sky import Light
from studio.worlds.terrain import Relief

KEYS = {"lake": "water", "sea": "sea", "river": "river", "none": "water"}

# Reflectances of the water itself: a lake is clear and dark, the sea turquoise where the bottom
# is near, a river carries fine stone that makes it milky.
DEEP = {
    "lake": (0.010, 0.030, 0.045), "sea": (0.010, 0.075, 0.120), "river": (0.075, 0.135, 0.105),
    "none": (0.012, 0.040, 0.050),
}  # fmt: skip
SHALLOW = {
    "lake": (0.045, 0.085, 0.080), "sea": (0.060, 0.240, 0.230), "river": (0.120, 0.175, 0.125),
    "none": (0.05, 0.11, 0.10),
}  # fmt: skip
SMOOTH = {"lake": 1.0, "sea": 0.72, "river": 0.66, "none": 1.0}
"""How much of the mirror image a surface keeps: current and swell break it up."""


def _ripples(p: Tensor, footprint: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Slopes of the water surface to the right and ahead."""
    seed, wind = batch["patch"], batch["wind"]
    sea = batch.where("water", "sea")
    flat = torch.complex(p.real * 0.45, p.imag)
    small = fbm(flat, mix(1.1, 2.2, sea), 4, seed, 111, footprint * 1.2, gain=0.6)
    other = fbm(flat + (3.1 + 7.7j), mix(1.1, 2.2, sea), 3, seed, 112, footprint * 1.2, gain=0.6)
    swell = fbm(torch.complex(p.real * 0.3, p.imag), 14.0, 3, seed, 113, footprint) * sea
    strength = 0.012 + 0.05 * wind + 0.05 * sea * wind
    return small * strength, (other + swell * 0.8) * strength


def shade_water(
    planted: Tensor, ground: Tensor, label: Tensor, water: Tensor, view: View, land: Relief,
    depth: Tensor,
    batch: Batch, light: Light,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Colour [B, 3, H, W] and labels with the water drawn in.

    ``planted`` is the picture without water that is mirrored and ``depth`` its depths (0 for
    the sky), both whole; ``ground`` is the bottom seen through shallows.
    """
    count, _, rows, width = ground.shape
    colour = ground
    p = view.points()
    footprint = view.depth * (2 * view.across.abs().amax(2, keepdim=True) / batch.width)
    # Seen at a low angle a pixel covers a long strip of water, and its waves blur together.
    strip = footprint * (view.depth / view.camera.clamp(min=0.5)).clamp(min=1.0).sqrt()
    sx, sz = _ripples(p, strip, batch)
    # The mirror stands where the nearest land above the pixel meets the water.
    index = torch.arange(rows, device=colour.device).view(1, -1, 1).expand(count, -1, width)
    # What is mirrored there stands at its own distance: its own waterline is the mirror.
    land_rows = torch.where(water | view.sky, -1, index)
    shore = land_rows.cummax(1).values
    horizon = (batch["horizon"] * batch.height).long() - view.first
    shore = torch.where(shore < 0, horizon, shore)
    focal = batch.height * 0.5 / torch.tan(torch.deg2rad(batch["fov"]) * 0.5)
    level = batch["horizon"] * batch.height
    mirrored = 2.0 * shore - index - 1 + view.first
    for _ in range(2):
        row = mirrored.clamp(0, batch.height - 1).long()
        far = depth.gather(1, row)
        line = level + torch.where(far > 0, focal * view.camera / far.clamp(min=1.0), 0.0)
        mirrored = torch.minimum(2 * line - index - view.first - 1, shore + view.first - 1.0)
    # Ripples shift the image; what they would take from below the shore comes from above it.
    mirrored = mirrored - sz * 2.0 * focal
    over = mirrored - (shore + view.first - 1.0)
    mirrored = torch.where(over > 0, mirrored - 2 * over, mirrored)
    mirrored = torch.minimum(mirrored.abs(), (shore + view.first - 1.0).clamp(min=0.0))
    column = torch.arange(width, device=colour.device).view(1, 1, -1) + sx * focal
    grid = torch.stack([column / (width - 1) * 2 - 1, mirrored / (batch.height - 1) * 2 - 1], -1)
    image = torch.nn.functional.grid_sample(
        planted, grid, align_corners=True, padding_mode="border"
    )
    down = (-view.up).clamp(min=1e-3).expand_as(sx)
    grazing = (down / torch.sqrt(1 + down * down) + sz * 0.5).clamp(0.02, 1)
    fresnel = (0.03 + 0.97 * (1 - grazing).pow(5)).clamp(0, 0.96)
    deep = torch.tensor([DEEP[s.water] for s in batch.scenes], device=colour.device)
    shallow = torch.tensor([SHALLOW[s.water] for s in batch.scenes], device=colour.device)
    deep, shallow = deep.view(-1, 3, 1, 1), shallow.view(-1, 3, 1, 1)
    body = mix(shallow, deep, smoothstep(0.0, 14.0, -land.shore)[:, None]) * light.ambient * 0.5
    body = body + light.sun * body * 0.25
    bottom = torch.exp(land.height.clamp(max=0.0) * 3.0) * 0.8
    body = mix(body, colour * 0.6, bottom[:, None])
    smooth = torch.tensor([SMOOTH[s.water] for s in batch.scenes], device=colour.device)
    surface = mix(body, image, (fresnel * smooth.view(-1, 1, 1))[:, None])
    if batch.any("water", "river"):
        # The current draws streaks along the banks.
        along = torch.complex(land.shore * 0.9, p.imag * 0.10)
        streaks = fbm(along, 1.6, 3, batch["patch"], 123, footprint * 0.5)
        flow = smoothstep(0.2, 0.9, streaks) * batch.where("water", "river")
        surface = surface + (flow * 0.022)[:, None] * (light.sun * 0.4 + light.ambient)
    # The sun's glitter: facets that happen to mirror it.
    d = light.direction.view(-1, 3, 1, 1)
    norm = torch.rsqrt(1 + view.across**2 + view.up**2)
    hx, hy, hz = d[:, 0] - view.across * norm, d[:, 1] - view.up * norm, d[:, 2] - norm
    tilt_x, tilt_z = hx / hy.clamp(min=0.05) - sx * 3, hz / hy.clamp(min=0.05) - sz * 3
    rough = 0.006 + 0.02 * batch["wind"]
    glint = torch.exp(-(tilt_x**2 + tilt_z**2) / rough) * 1.2
    surface = surface + light.sun * (glint * fresnel)[:, None]
    if batch.any("water", "sea"):
        ragged = fbm(p, 9.0, 4, batch["patch"], 121, footprint)
        wash = smoothstep(1.2, 0.2, -land.shore * 0.4 + ragged * 0.8)
        lines = torch.sin(-land.shore * 0.55 + ragged * 1.3) * torch.exp(land.shore * 0.03)
        foam = torch.maximum(wash * 0.8, smoothstep(0.75, 0.98, lines) * batch["wind"])
        foam = foam * smoothstep(-0.8, 0.6, fbm(p, 1.5, 3, batch["patch"], 122, footprint))
        # White horses far out, in short level strokes.
        long = torch.complex(p.real * 0.3, p.imag)
        horses = fbm(long, 7.0, 3, batch["patch"], 124, footprint)
        foam = torch.maximum(foam, smoothstep(0.8, 1.1, horses) * (0.1 + 0.6 * batch["wind"]))
        white = (light.sun * d[:, 1:2].clamp(min=0.1) + light.ambient) * 0.25
        surface = mix(surface, white, (foam * batch.where("water", "sea")).clamp(0, 1)[:, None])
    ids = torch.tensor([BY_KEY[KEYS[s.water]].id for s in batch.scenes], device=label.device)
    colour = torch.where(water[:, None], surface, colour)
    # Wet sand and stones are darker.
    wet = smoothstep(3.0, 0.0, land.shore) * (~water)
    colour = colour * (1 - 0.4 * wet)[:, None]
    return colour, torch.where(water, ids.view(-1, 1, 1), label)
