"""Which ground every pixel sees: the land sampled in columns that run away from the camera.

The lens is shifted rather than tilted, so an image column is one vertical plane and the land in
it a plain profile; the surface seen at a row is the first sample whose projection reaches it.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.noise import mix
from studio.worlds.sky import directions
from studio.worlds.terrain import relief

SLICES = 320
MARGIN = 0.25  # how far the sampled fan reaches beyond the picture, for shadows from outside


@dataclass(frozen=True)
class View:
    """What the camera sees, float32 [B, H, W]; lengths in metres.

    ``depth`` is the distance ahead (not along the ray), 0 where there is sky; ``sky`` is bool.
    ``camera`` [B, 1, 1] is the camera's height above the water level. ``fan`` [B, D, C] holds
    surface heights at depths ``near * (far / near) ** (k / (D - 1))`` and at evenly spaced
    slopes across.
    """

    depth: Tensor
    sky: Tensor
    across: Tensor
    up: Tensor
    camera: Tensor
    fan: Tensor
    near: Tensor
    far: Tensor
    first: int = 0  # picture row of the tensors' first row

    def crop(self, first: int) -> "View":
        """The rows from ``first`` on."""
        rows = {name: getattr(self, name)[:, first:] for name in ("depth", "sky", "up")}
        return replace(self, first=first, **rows)

    def points(self) -> Tensor:
        """complex64 [B, H, W]: where on the plan every pixel's ground lies."""
        return torch.complex(self.across * self.depth, self.depth)

    def surface(self, p: Tensor) -> Tensor:
        """Surface height at plan points, from the fan; its border goes on for ever."""
        z = p.imag.clamp(min=1e-3)
        limit = self.across.abs().amax(2, keepdim=True) * (1 + 2 * MARGIN)
        u = p.real / z / limit
        v = torch.log(z / self.near) / torch.log(self.far / self.near) * 2 - 1
        grid = torch.stack([u, v], -1)
        out = F.grid_sample(self.fan[:, None], grid, padding_mode="border", align_corners=True)
        return out[:, 0]


def _camera(batch: Batch) -> Tensor:
    """Height of the camera: its eye above the highest ground close ahead of it."""
    z = torch.tensor([0.0, 1.5, 3.0, 6.0, 10.0], device=batch.device)
    p = torch.complex(torch.zeros_like(z), z).view(1, 1, -1).expand(len(batch), 1, -1)
    ground = relief(p, torch.full(p.shape, 1.0, device=batch.device), batch).height
    return ground.amax(2, keepdim=True).clamp(min=0.0) + batch["eye"]


def look(batch: Batch) -> View:
    """March the land of every scene and find what each pixel sees."""
    device, count = batch.device, len(batch)
    height, width = batch.height, batch.width
    across, up = directions(batch, (0, height))
    camera = _camera(batch)
    lowest = up[:, -1:].abs().clamp(min=0.02)
    near = (batch["eye"] / lowest * 0.6).clamp(min=0.4)
    far = torch.where(batch["mountain_height"] > 0, 26000.0, 12000.0) + near
    k = torch.arange(SLICES, device=device) / (SLICES - 1)
    z = near * (far / near) ** k.view(1, -1, 1)
    edge = across.abs().amax(2, keepdim=True)
    columns = math.ceil(width * (1 + 2 * MARGIN))
    fan_across = torch.linspace(-1, 1, columns, device=device).view(1, 1, -1)
    fan_across = fan_across * edge * (1 + 2 * MARGIN)
    pixel = 2 * edge / width
    p = torch.complex(fan_across * z, z.expand(-1, -1, columns))
    land = relief(p, z * (pixel * 1.5), batch).height
    water = torch.tensor([float(s.water != "none") for s in batch.scenes], device=device)
    water = water.view(-1, 1, 1)
    fan = torch.where(water > 0, land.clamp(min=0.0), land)
    # Interpolate the fan at the picture's own columns.
    inner = F.interpolate(fan[:, None], size=(SLICES, columns), mode="nearest")[:, 0]
    position = (across / (edge * (1 + 2 * MARGIN)) + 1) * 0.5 * (columns - 1)
    left = position.floor().long().clamp(0, columns - 2).expand(count, SLICES, -1)
    part = position - position.floor()
    profile = mix(inner.gather(2, left), inner.gather(2, left + 1), part)
    slope = (profile - camera) / z
    ceiling = slope.cummax(1).values
    # searchsorted wants the searched axis last.
    rows = up.expand(count, height, width).transpose(1, 2).contiguous()
    stack = ceiling.transpose(1, 2).contiguous()
    hit = torch.searchsorted(stack, rows)
    sky = hit >= SLICES
    k1 = hit.clamp(1, SLICES - 1)
    steep = slope.transpose(1, 2)
    s0, s1 = steep.gather(2, k1 - 1), steep.gather(2, k1)
    t = ((rows - s0) / (s1 - s0).clamp(min=1e-9)).clamp(0, 1)
    zs = z.transpose(1, 2).expand(count, width, SLICES)
    h = profile.transpose(1, 2)
    z0, z1 = zs.gather(2, k1 - 1), zs.gather(2, k1)
    h0, h1 = h.gather(2, k1 - 1), h.gather(2, k1)
    # Exact crossing of the ray with the segment between the two samples.
    rise = h1 - h0 - rows * (z1 - z0)
    t_exact = (camera.transpose(1, 2) + rows * z0 - h0) / torch.where(
        rise.abs() < 1e-6, torch.full_like(rise, 1e-6), rise
    )
    t = torch.where((t_exact >= 0) & (t_exact <= 1), t_exact, t)
    depth = torch.where(sky, 0.0, z0 + (z1 - z0) * t)
    return View(
        depth.transpose(1, 2).contiguous(),
        sky.transpose(1, 2).contiguous(),
        across,
        up,
        camera,
        fan,
        near,
        far,
    )


def sun_shadow(view: View, p: Tensor, height: Tensor, toward: Tensor) -> Tensor:
    """0 in the shadow of the land .. 1 in the sun, at plan points of that height.

    ``toward`` [B, 3] is the direction of the sun; shadows are soft in proportion to distance.
    """
    ground = toward[:, [0, 2]].norm(dim=1).clamp(min=1e-3)
    step = torch.complex(toward[:, 0] / ground, toward[:, 2] / ground).view(-1, 1, 1)
    climb = (toward[:, 1] / ground).clamp(min=0.03).view(-1, 1, 1)
    open_ = torch.ones_like(height)
    reach = (p.imag * 0.02).clamp(min=0.3)
    for _ in range(11):
        q = p + step * reach
        over = view.surface(q) - (height + climb * reach)
        open_ = torch.minimum(open_, 0.5 - over / (reach * 0.14))
        reach = reach * 1.55
    return open_.clamp(0.0, 1.0)
