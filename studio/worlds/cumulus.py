"""Heaped clouds: drawings of piled-up puffs that stand in the sky as trees stand on the ground."""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.noise import fbm, mix
from studio.worlds.sky import Light
from studio.worlds.splat import fragments, nearest_first

TALL, WIDE = 160, 256
TILES = 7
BASE = 1200.0  # height of the flat bases above the camera, in metres


def _puffs(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Centres and radii of a pile: a few heaps on a flat base, smaller puffs on their rims."""
    puffs = []
    heaps = int(rng.integers(3, 7))
    for _ in range(heaps):
        x = 0.8 + rng.normal(0, 0.24)
        y = rng.uniform(0.14, 0.42) * (1.25 - 0.9 * abs(x - 0.8))
        r = rng.uniform(0.14, 0.25) * (1.2 - 0.8 * abs(x - 0.8))
        puffs.append((x, y, max(r, 0.08)))
    for size, each in ((0.55, 9), (0.5, 7)):
        for x, y, r in list(puffs):
            for _ in range(each):
                a = rng.uniform(-0.35, np.pi + 0.35)
                child = r * size * rng.uniform(0.6, 1.15)
                puffs.append((x + r * 0.86 * np.cos(a), y + r * 0.86 * np.sin(a), child))
    return puffs


def _draw(rng: np.random.Generator) -> np.ndarray:
    """float32 [5, TALL, WIDE], premultiplied: cover, normal right, up, towards us, and body."""
    y, x = np.mgrid[0:TALL, 0:WIDE]
    x, y = (x + 0.5) / TALL, 1 - (y + 0.5) / TALL
    depth = np.full(x.shape, -9.0)
    normal = np.zeros((3, *x.shape))
    soft = np.zeros(x.shape)
    for cx, cy, r in _puffs(rng):
        dx, dy = x - cx, y - cy
        inside = r * r - dx * dx - dy * dy
        z = np.sqrt(np.clip(inside, 0, None)) + rng.normal(0, 0.02)
        soft = np.maximum(soft, np.clip(inside / (r * r) * 2.2, 0, 1))
        nearer = (inside > 0) & (z > depth)
        depth = np.where(nearer, z, depth)
        n = np.stack([dx, dy, np.sqrt(np.clip(inside, 1e-6, None))]) / r
        normal = np.where(nearer, n, normal)
    # Flat, ragged bases.
    wave = 0.03 * np.sin(x * 23 + rng.uniform(0, 6)) + 0.02 * np.sin(x * 61)
    floor = np.clip((y - 0.07 - wave * 0.5) / 0.12, 0, 1)
    edge = np.clip(np.minimum(x, WIDE / TALL - x) / 0.06, 0, 1) * np.clip((1 - y) / 0.05, 0, 1)
    cover = soft * floor * edge
    # The eye sees puffs through one another: blend their normals with the whole pile's.
    smooth = F.avg_pool2d(torch.from_numpy(normal)[None], 9, 1, 4)[0].numpy()
    wide = F.avg_pool2d(torch.from_numpy(cover)[None, None], 41, 1, 20)[0, 0].numpy()
    gy, gx = np.gradient(wide)
    pile = np.stack([-gx, gy, np.full_like(gx, 0.008)])
    pile /= np.sqrt((pile**2).sum(0, keepdims=True)) + 1e-9
    n = 0.45 * normal + 0.45 * smooth + 0.75 * pile
    n /= np.sqrt((n**2).sum(0, keepdims=True)) + 1e-9
    body = np.clip(wide * 1.4 - 0.2, 0, 1) * (1 - 0.3 * y)
    return np.concatenate([cover[None], n * cover, (body * cover)[None]]).astype(np.float32)


@lru_cache(maxsize=4)
def _atlas(device: torch.device) -> Tensor:
    """float32 [1, 5, TALL, TILES * WIDE]."""
    rng = np.random.default_rng(12)
    tiles = [_draw(rng) for _ in range(TILES)]
    return torch.from_numpy(np.concatenate(tiles, 2))[None].to(device)


def _place(batch: Batch) -> tuple[Tensor, ...] | None:
    """Clouds of all scenes, nearest first, each float32 [N]: scene, column of the middle and row
    of the foot in pixels, height in pixels, tile, flip (+-1) and distance in metres."""
    rows = []
    for b, scene in enumerate(batch.scenes):
        if scene.clouds != "cumulus" or scene.weather not in ("clear", "cloudy"):
            continue
        rng = np.random.default_rng([21, scene.seed])
        focal = batch.height * 0.5 / np.tan(np.radians(scene.fov) / 2)
        number = int(1 + 70 * scene.cloud_cover)
        # Evenly scattered in the plane of the sky as it is seen, thus denser far away.
        slope = 0.03 + 0.62 * rng.random(number) ** 1.7
        side = rng.uniform(-1.9, 1.9, number)
        z = BASE / slope
        size = scene.cloud_scale * np.exp(rng.normal(-0.55, 0.45, number))
        size *= 0.55 + 0.9 * scene.cloud_cover
        tall = size / z * focal * rng.uniform(0.8, 1.15, number)
        tall = np.clip(tall, batch.height * 0.025, batch.height * 0.55)
        x = batch.width / 2 + side * focal
        foot = scene.horizon * batch.height - slope * focal + tall * 0.08
        tile = rng.integers(0, TILES, number)
        flip = rng.choice([-1.0, 1.0], number)
        rows.append(np.stack([np.full(number, b), x, foot, tall, tile, flip, z]))
    if not rows:
        return None
    joined = np.concatenate(rows, 1)
    joined = joined[:, np.argsort(joined[6], kind="stable")]
    return torch.from_numpy(joined).to(batch.device, torch.float32).unbind(0)


def heap(
    sky: Tensor, opacity: Tensor, across: Tensor, batch: Batch, light: Light
) -> tuple[Tensor, Tensor]:
    """Sky [B, 3, h, W] and cloud opacity [B, h, W] with cumulus standing in it."""
    placed = _place(batch)
    if placed is None:
        return sky, opacity
    count, _, rows, width = sky.shape
    device = sky.device
    scene_id, x, foot, tall, tile, flip, z = placed
    scene_id = scene_id.long()
    wide = tall * (WIDE / TALL)
    owner, px, py, place = fragments(scene_id, x, foot, tall, wide, (count, rows, width), budget=6)
    # Ragged edges: the drawing is looked up a little beside its place.
    unit = tall[owner]
    side = batch.height
    grid_x = torch.arange(width, device=device).view(1, 1, -1).expand(count, rows, -1) / side
    grid_y = torch.arange(rows, device=device).view(1, -1, 1).expand(count, -1, width) / side
    q = torch.complex(grid_x, grid_y)
    fine = torch.full((1, 1, 1), 1.0 / side, device=device)
    fields = [fbm(q, 0.06, 4, batch["patch"], k, fine, gain=0.62) for k in (160, 161)]
    reach = (0.012 * side / unit).clamp(max=0.045)
    ragged, other = (field.reshape(-1)[place] * reach for field in fields)
    u = ((px + 0.5 - x[owner]) / wide[owner] * flip[owner] + 0.5 + ragged * 0.6).clamp(0.001, 0.999)
    v = (1 - (foot[owner] - py - 0.5) / unit + other).clamp(0.001, 0.999)
    grid = torch.stack([(tile[owner] + u) / TILES * 2 - 1, v * 2 - 1], -1)
    texel = F.grid_sample(_atlas(device), grid[None, None], align_corners=False)[0, :, 0]
    alpha = texel[0]
    solid = alpha > 0.03
    owner, place, texel, ragged = owner[solid], place[solid], texel[:, solid], ragged[solid]
    alpha, nx, ny, nz, body = texel
    nx, ny, nz, body = (c / alpha for c in (nx, ny, nz, body))
    nx = nx * flip[owner]
    thick = (alpha * 1.5 + ragged * 12.0 * (1 - alpha)).clamp(0, 1)
    d = light.direction[scene_id[owner]]
    facing = nx * d[:, 0] + ny * d[:, 1] - nz * d[:, 2]
    back = d[:, 2].clamp(min=0)
    lit = (0.42 + 0.62 * facing).clamp(0.05, 1.1) * (1 - 0.45 * body * back)
    # Thin rims glow when the sun stands behind the cloud.
    lit = lit + back * (1 - body) ** 2 * 0.7
    sun = light.sun.view(-1, 3)[scene_id[owner]]
    sky_light = light.ambient.view(-1, 3)[scene_id[owner]]
    colour = sun * (lit * 0.215)[:, None] + sky_light * (0.21 + 0.10 * ny - 0.05 * body)[:, None]
    air = sky.permute(0, 2, 3, 1).reshape(-1, 3)[place]
    distant = torch.exp(-z[owner] / 22000.0)[:, None]
    colour = mix(air, colour, distant)
    total, cover = nearest_first(place, owner, colour, thick, count * rows * width, 5)
    total = total.view(count, rows, width, 3).permute(0, 3, 1, 2)
    cover = cover.view(count, rows, width)
    return sky * (1 - cover[:, None]) + total, torch.maximum(opacity, cover)
