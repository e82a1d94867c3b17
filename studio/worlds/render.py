"""From seeds to pictures with their exact label maps and depth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.contract.materials import BY_KEY
from studio.worlds.air import Air
from studio.worlds.batch import Batch
from studio.worlds.clouds import add_clouds
from studio.worlds.falling import add_falling
from studio.worlds.march import View, look
from studio.worlds.regions import without_specks
from studio.worlds.scene import Scene, sample_scene
from studio.worlds.shade import relief_of, shade_ground
from studio.worlds.sky import Light, glow, make_light, radiance, sun_cosine
from studio.worlds.splat import Layer
from studio.worlds.tone import develop
from studio.worlds.vegetation import plant
from studio.worlds.water import shade_water


@dataclass(frozen=True)
class World:
    """One rendered landscape.

    ``image`` uint8 [H, W, 3] sRGB; ``labels`` uint8 [H, W], ids of the twenty materials, every
    pixel labelled, specks merged into what surrounds them; ``depth`` float32 [H, W], metres ahead
    of the camera, 0 for the sky.
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
    image = develop(add_falling(picture, batch, light), batch, light)
    labels = without_specks(labels)
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
    sky, opacity, fogged = add_clouds(clear, view.across, up, cosine, batch, light)
    label = torch.where(opacity > 0.5, BY_KEY["clouds"].id, BY_KEY["sky"].id)
    label = torch.where(fogged, BY_KEY["fog"].id, label)
    rest = batch.height - last
    sky = torch.cat([sky, sky[:, :, -1:].expand(-1, -1, rest, -1)], 2)
    label = torch.cat([label, label[:, -1:].expand(-1, rest, -1)], 1)
    return sky, label


def _land(
    view: View, batch: Batch, light: Light, sky: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Picture [B, 3, H, W] and labels with the land, its waters and plants drawn in."""
    air = Air(view, batch, light)
    # Rows with nothing but sky cost nothing.
    rows = (~view.sky).any(2).any(0).nonzero()
    part = view.crop(int(rows.min()) if len(rows) else batch.height - 8)
    first = part.first
    land = relief_of(part, batch)
    colour, ground = shade_ground(part, land, batch, light)
    colour = air.veil(colour, part.depth, land.here.height)
    base = torch.where(part.sky[:, None], sky[:, :, first:], colour)
    picture = torch.cat([sky[:, :, :first], base], 2)
    label = torch.where(part.sky, labels[:, first:], ground.label)
    plants = plant(batch, view, light)
    planted = picture if plants is None else _over(plants, picture, view, air)
    water = (land.here.height < 0.0) & (land.here.shore < 0.0) & ~part.sky
    if bool(water.any()):
        depth = view.depth
        if plants is not None:
            depth = torch.where(plants.cover > 0.5, plants.depth, depth)
        surface, label = shade_water(
            planted, base, label, water, part, land.here, depth, batch, light
        )
        surface = air.veil(surface, part.depth, torch.zeros_like(part.depth))
        picture[:, :, first:] = torch.where(water[:, None], surface, base)
        planted = picture if plants is None else _over(plants, picture, view, air)
    fogged = (air.hidden(part.depth, land.here.height) > 0.8) & ~part.sky
    label = torch.where(fogged, BY_KEY["fog"].id, label)
    label = torch.cat([labels[:, :first], label], 1)
    if plants is not None:
        solid = plants.cover > 0.5
        label = torch.where(solid, plants.label, label)
        thick = air.hidden(plants.depth, torch.full_like(plants.depth, 3.0)) > 0.8
        label = torch.where(solid & thick, BY_KEY["fog"].id, label)
    return planted, label


def _over(plants: Layer, base: Tensor, view: View, air: Air) -> Tensor:
    """The plants' layer over a picture, seen through the air."""
    solid = plants.cover.clamp(min=1e-3)[:, None]
    top = view.camera + view.up * plants.depth
    colour = air.veil(plants.colour / solid, plants.depth, top)
    return base * (1 - plants.cover[:, None]) + colour * plants.cover[:, None]
