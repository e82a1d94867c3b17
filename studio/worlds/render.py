"""From seeds to pictures with their exact label maps and depth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.contract.materials import BY_KEY
from studio.worlds.batch import Batch
from studio.worlds.clouds import add_clouds
from studio.worlds.ground import cover
from studio.worlds.march import View, look, sun_shadow
from studio.worlds.noise import fbm, mix, smoothstep
from studio.worlds.scene import Scene, sample_scene
from studio.worlds.sky import Light, glow, make_light, radiance, sun_cosine
from studio.worlds.terrain import relief
from studio.worlds.tone import develop
from studio.worlds.water import shade_water


@dataclass(frozen=True)
class World:
    """One rendered landscape.

    ``image`` uint8 [H, W, 3] sRGB; ``labels`` uint8 [H, W], ids of the twenty materials, every
    pixel labelled; ``depth`` float32 [H, W], metres ahead of the camera, 0 for the sky.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    depth: NDArray[np.float32]
    scene: Scene


def render(
    seeds: Sequence[int | Scene],
    size: tuple[int, int] = (256, 256),
    device: str | torch.device = "cpu",
    chunk: int | None = None,
) -> list[World]:
    """Landscapes of seeds (or of scenes), ``size`` (height, width) in multiples of 8.

    The same seed gives the same picture on the same device whatever else is in the list. On a
    CPU scenes are rendered one by one, which keeps their tensors in the cache; on a GPU
    ``chunk`` (32) at a time.
    """
    height, width = size
    if height % 8 or width % 8 or min(size) < 8:
        raise ValueError(f"the size must be multiples of 8, not {height}x{width}")
    device = torch.device(device)
    scenes = [s if isinstance(s, Scene) else sample_scene(s) for s in seeds]
    step = chunk or (1 if device.type == "cpu" else 32)
    worlds: list[World] = []
    with torch.no_grad():
        for start in range(0, len(scenes), step):
            worlds += _render(Batch(scenes[start : start + step], size, device))
    return worlds


def _render(batch: Batch) -> list[World]:
    light = make_light(batch)
    view = look(batch)
    sky, labels = _sky(view, batch, light)
    picture, labels = _land(view, batch, light, sky, labels)
    image = develop(picture, batch, light)
    images = image.permute(0, 2, 3, 1).cpu().numpy()
    ids = labels.to(torch.uint8).cpu().numpy()
    depth = view.depth.cpu().numpy()
    return [World(images[i], ids[i], depth[i], s) for i, s in enumerate(batch.scenes)]


def _sky(view: View, batch: Batch, light: Light) -> tuple[Tensor, Tensor]:
    """Sky of the whole frame [B, 3, H, W] and its labels [B, H, W].

    Below the lowest sky pixel only the colour of the horizon is needed, so it is repeated.
    """
    rows = view.sky.any(2).any(0).nonzero()
    last = int(rows.max()) + 1 if len(rows) else 8
    last = min(batch.height, max(last, int(batch.top("horizon") * batch.height) + 1))
    up = view.up[:, :last].clamp(min=0.0).expand(-1, -1, batch.width)
    cosine = sun_cosine(light, view.across, up)
    colour = radiance(light, view.across, up)
    clear = colour + glow(light, cosine)
    sky, opacity = add_clouds(clear, view.across, up, cosine, batch, light)
    # The disc shines through thin cloud.
    label = torch.where(opacity > 0.5, BY_KEY["clouds"].id, BY_KEY["sky"].id)
    rest = batch.height - last
    sky = torch.cat([sky, sky[:, :, -1:].expand(-1, -1, rest, -1)], 2)
    label = torch.cat([label, label[:, -1:].expand(-1, rest, -1)], 1)
    return sky, label


def _land(
    view: View, batch: Batch, light: Light, sky: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    pixel = 2 * view.across.abs().amax() / batch.width
    top = (~view.sky).any(2).any(0).nonzero()
    first = int(top.min()) if len(top) else batch.height - 1
    part = View(
        view.depth[:, first:].clamp(min=0.5), view.sky[:, first:], view.across,
        view.up[:, first:], view.camera, view.fan, view.near, view.far,
    )  # fmt: skip
    p = part.points()
    footprint = part.depth * pixel
    e = footprint.clamp(min=0.02)
    here = relief(p, footprint, batch)
    right = relief(p + e, footprint, batch).height
    ahead = relief(p + 1j * e, footprint, batch).height
    gx, gz = (right - here.height) / e, (ahead - here.height) / e
    slope = torch.sqrt(gx * gx + gz * gz)
    ground = cover(p, footprint, here.height, slope, here, batch)
    bx = torch.diff(ground.bumps, dim=2, append=ground.bumps[:, :, -1:]) / e
    gx = gx + bx.clamp(-1.2, 1.2)
    norm = torch.rsqrt(1 + gx * gx + gz * gz)
    d = light.direction.view(-1, 3, 1, 1)
    facing = ((d[:, 1] - gx * d[:, 0] - gz * d[:, 2]) * norm).clamp(min=0.0)
    shadow = sun_shadow(part, p, here.height, light.direction)
    if batch.any("weather", "cloudy"):
        drift = fbm(p, 1500.0, 3, batch["patch"], 131, footprint)
        shade = smoothstep(-0.2, 0.5, drift - mix(1.2, -0.2, batch["cloud_cover"]))
        shadow = shadow * (1.0 - 0.75 * shade * batch.where("weather", "cloudy"))
    # Leaves and snow let light through: their shading wraps round.
    wrap = (ground.forest * 0.25 + ground.snow * 0.1).clamp(0, 0.4)
    facing = mix(facing, torch.ones_like(facing) * d[:, 1].clamp(min=0), wrap)
    occlusion = (0.55 + 0.45 * norm) * (1 - 0.35 * ground.forest)
    lit = light.sun * (facing * shadow)[:, None] + light.ambient * occlusion[:, None]
    colour = ground.albedo * lit / 3.1416
    label = ground.label
    water = (here.height < 0.0) & (here.shore < 0.0)
    if bool(water.any()):
        colour, label = shade_water(colour, label, water, part, here, sky, first, batch, light)
    colour, label = _air(colour, label, part, here.height, sky, first, batch, light)
    hidden = part.sky
    picture = sky.clone()
    picture[:, :, first:] = torch.where(hidden[:, None], sky[:, :, first:], colour)
    result = labels.clone()
    result[:, first:] = torch.where(hidden, labels[:, first:], label)
    return picture, result


def _air(
    colour: Tensor, label: Tensor, view: View, height: Tensor, sky: Tensor,
    first: int, batch: Batch, light: Light,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The air between camera and ground: blue distance, haze, and banks of fog."""
    level = torch.sqrt(1 + view.across * view.across)
    distance = view.depth * level
    device = colour.device
    haze = batch["haze"][:, None]
    tint = torch.tensor([0.75, 1.0, 1.5], device=device).view(1, 3, 1, 1)
    extinction = haze * mix(tint, torch.ones_like(tint), (haze * 3000).clamp(0, 1))
    horizon_row = (batch["horizon"] * batch.height).long().clamp(0, batch.height - 1)
    rows = (horizon_row.view(-1, 1, 1, 1) - 2).clamp(min=0)
    air = sky.gather(2, rows.expand(-1, 3, 1, batch.width))
    grey = batch.where("weather", "fog", "rain", "snowfall", "overcast")[..., None]
    air = mix(air, light.ambient * 0.30, grey * 0.8)
    through = torch.exp(-extinction * distance[:, None])
    colour = mix(air, colour, through)
    hidden = 1 - through.mean(1)
    if batch.any("fog_bank"):
        # Share of the ray inside the layer.
        inside = (batch["fog_top"] - height).clamp(min=0.0) / (view.camera - height).abs().clamp(
            min=1.0
        )
        inside = inside.clamp(0, 1)
        wisps = 1.0 + 0.45 * fbm(view.points(), 160.0, 3, batch["patch"], 141, view.depth * 0.01)
        bank = 1 - torch.exp(-batch["fog_bank"] * distance * inside * wisps.clamp(0.2, 2.0))
        bank = bank * (batch["fog_bank"] > 0)
        mist = light.ambient * 0.33 + light.sun * 0.04
        colour = mix(colour, mist, bank[:, None])
        hidden = 1 - (1 - hidden) * (1 - bank)
    foggy = torch.maximum(batch.where("weather", "fog"), (batch["fog_bank"] > 0).float())
    label = torch.where((hidden > 0.8) & (foggy > 0), BY_KEY["fog"].id, label)
    return colour, label
