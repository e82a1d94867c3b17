"""Light on the ground: sun, cast shadows of land and clouds, and the open sky."""

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.ground import Cover, cover
from studio.worlds.march import View, sun_shadow
from studio.worlds.noise import fbm, mix, smoothstep
from studio.worlds.sky import Light
from studio.worlds.terrain import Relief, relief


@dataclass(frozen=True)
class Land:
    """The ground of every pixel [B, H, W]: its relief, its gradient to the right and ahead,
    plan points and metres per pixel."""

    here: Relief
    right: Tensor
    ahead: Tensor
    p: Tensor
    footprint: Tensor


def relief_of(view: View, batch: Batch) -> Land:
    """Relief at every pixel, in more detail than the march needed."""
    p = view.points()
    footprint = view.depth.clamp(min=0.3) * (
        2 * view.across.abs().amax(2, keepdim=True) / batch.width
    )
    e = footprint.clamp(min=0.02)
    here = relief(p, footprint, batch)
    right = relief(p + e, footprint, batch).height
    ahead = relief(p + 1j * e, footprint, batch).height
    return Land(here, (right - here.height) / e, (ahead - here.height) / e, p, footprint)


def shade_ground(view: View, land: Land, batch: Batch, light: Light) -> tuple[Tensor, Cover]:
    """Radiance [B, 3, H, W] of the ground, without the air before it, and its cover."""
    here, p, gx, gz = land.here, land.p, land.right, land.ahead
    slope = torch.sqrt(gx * gx + gz * gz)
    ground = cover(p, land.footprint, here.height, slope, here, batch)
    e = land.footprint.clamp(min=0.02)
    bump = torch.diff(ground.bumps, dim=2, append=ground.bumps[:, :, -1:]) / e
    gx = gx + bump.clamp(-0.7, 0.7) * (1 - 0.6 * ground.snow)
    norm = torch.rsqrt(1 + gx * gx + gz * gz)
    d = light.direction.view(-1, 3, 1, 1)
    facing = ((d[:, 1] - gx * d[:, 0] - gz * d[:, 2]) * norm).clamp(min=0.0)
    shadow = sun_shadow(view, p, here.height, light.direction)
    if batch.any("weather", "cloudy"):
        drift = fbm(p, 1500.0, 3, batch["patch"], 131, land.footprint)
        shade = smoothstep(-0.2, 0.5, drift - mix(1.2, -0.2, batch["cloud_cover"]))
        shadow = shadow * (1.0 - 0.75 * shade * batch.where("weather", "cloudy"))
    # Leaves and snow let light through: their shading wraps round.
    wrap = (ground.forest * 0.25 + ground.snow * 0.1).clamp(0, 0.4)
    facing = mix(facing, torch.ones_like(facing) * d[:, 1].clamp(min=0), wrap)
    occlusion = (0.55 + 0.45 * norm) * (1 - 0.35 * ground.forest)
    lit = light.sun * (facing * shadow)[:, None] + light.ambient * occlusion[:, None]
    colour = ground.albedo * lit / 3.1416
    # Puddles mirror the sky, the more the lower one looks at them.
    down = (-view.up).clamp(min=1e-3).expand_as(facing)
    fresnel = 0.03 + 0.97 * (1 - down * torch.rsqrt(1 + down * down)).pow(5)
    return mix(colour, light.ambient / 3.1416, (ground.wet * fresnel)[:, None]), ground
