"""Draw thousands of standing sprites at once, with soft edges and in the right order.

Every sprite's rectangle becomes a run of fragments; the nearest fragment of each pixel is found
by a scatter of the smallest rank, blended, and taken away, a few times over. There is no loop
over sprites or pixels.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.worlds.sprites import COUNT, LEVELS, TILE, atlas

PEELS = 4
_BUDGET = 14  # fragments per pixel of the batch, at most


@dataclass
class Stand:
    """N sprites: ``scene`` int64 [N], ``x`` and ``foot`` the pixel column of the middle and row
    of the foot, ``tall`` and ``wide`` pixels, ``depth`` metres, ``tile`` int64, ``flip`` +-1,
    ``label`` int64, and colours [N, 3]: ``leaf`` and ``leaf_dark`` (lit and shaded), ``wood``
    and ``petal`` (and their shaded ones), ``snow`` [N] and ``frost`` [N, 3] its colour, and
    ``side`` [N]: how much light comes from the right (-1 .. 1)."""

    scene: Tensor
    x: Tensor
    foot: Tensor
    tall: Tensor
    wide: Tensor
    depth: Tensor
    tile: Tensor
    flip: Tensor
    label: Tensor
    leaf: Tensor
    leaf_dark: Tensor
    wood: Tensor
    wood_dark: Tensor
    petal: Tensor
    petal_dark: Tensor
    snow: Tensor
    frost: Tensor
    side: Tensor

    def take(self, index: Tensor) -> "Stand":
        """The sprites of an index or mask."""
        return Stand(**{name: value[index] for name, value in vars(self).items()})


def join(stands: list[Stand]) -> Stand:
    """All sprites of several stands."""
    return Stand(**{k: torch.cat([vars(s)[k] for s in stands]) for k in vars(stands[0])})


@dataclass(frozen=True)
class Layer:
    """Sprites drawn over nothing: ``colour`` [B, 3, H, W] premultiplied by ``cover`` [B, H, W];
    ``depth`` and ``label`` [B, H, W] of the nearest one."""

    colour: Tensor
    cover: Tensor
    depth: Tensor
    label: Tensor


def fragments(
    scene: Tensor, x: Tensor, foot: Tensor, tall: Tensor, wide: Tensor,
    shape: tuple[int, int, int], budget: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """All pixels of N rectangles inside pictures of shape (B, H, W).

    Returns, each [M]: the rectangle, the pixel's column and row, and its flat place in B * H * W.
    Rectangles beyond ``budget`` fragments per pixel of the whole batch are left out, last first.
    """
    count, height, width = shape
    device = x.device
    x0 = (x - wide * 0.5).floor().clamp(0, width)
    x1 = (x + wide * 0.5).ceil().clamp(0, width)
    y0 = (foot - tall).floor().clamp(0, height)
    y1 = foot.ceil().clamp(0, height)
    columns, rows = (x1 - x0).long().clamp(min=0), (y1 - y0).long().clamp(min=0)
    area = columns * rows
    area = area * (area.cumsum(0) <= budget * count * height * width)
    owner = torch.repeat_interleave(torch.arange(len(area), device=device), area)
    local = torch.arange(len(owner), device=device) - (area.cumsum(0) - area)[owner]
    across = columns[owner]
    row = torch.div(local, across, rounding_mode="floor")
    px = x0[owner] + (local - row * across)
    py = y0[owner] + row
    return owner, px, py, (scene[owner] * height + py.long()) * width + px.long()


def nearest_first(
    place: Tensor, owner: Tensor, colour: Tensor, alpha: Tensor, pixels: int, peels: int
) -> tuple[Tensor, Tensor]:
    """Blend fragments, lowest owner first: premultiplied colour [pixels, 3], cover [pixels]."""
    total = torch.zeros(pixels, 3, device=place.device)
    cover = torch.zeros(pixels, device=place.device)
    for _ in range(peels):
        if not len(owner):
            break
        front = _front(place, owner, pixels)
        at = place[front]
        part = alpha[front] * (1 - cover[at])
        total[at] += colour[front] * part[:, None]
        cover[at] += part
        rest = ~front & (cover[place] < 0.98)
        owner, place, colour, alpha = owner[rest], place[rest], colour[rest], alpha[rest]
    return total, cover


def _front(place: Tensor, owner: Tensor, pixels: int) -> Tensor:
    """Which fragments have the lowest owner of their pixel, bool [M]."""
    nearest = torch.full((pixels,), 1 << 30, dtype=torch.int64, device=place.device)
    nearest.scatter_reduce_(0, place, owner, "amin")
    return nearest[place] == owner


def draw(stand: Stand, shape: tuple[int, int, int], ground: Tensor) -> Layer:
    """Draw sprites into pictures of shape (B, H, W); ``ground`` is the depth behind, 0 for sky."""
    count, height, width = shape
    device = ground.device
    stand = stand.take(torch.argsort(stand.depth, stable=True))
    pixels = count * height * width
    colour = torch.zeros(pixels, 3, device=device)
    cover = torch.zeros(pixels, device=device)
    depth = torch.zeros(pixels, device=device)
    label = torch.zeros(pixels, dtype=torch.int64, device=device)
    owner, px, py, place = fragments(
        stand.scene, stand.x, stand.foot, stand.tall, stand.wide, shape, _BUDGET
    )
    behind = ground.reshape(-1)[place]
    seen = (behind <= 0) | (stand.depth[owner] < behind * 1.04 + 0.25)
    owner, px, py, place = owner[seen], px[seen], py[seen], place[seen]
    texel = _fetch(stand, owner, px + 0.5, py + 0.5)
    solid = texel[0] > 0.06
    owner, place, texel = owner[solid], place[solid], texel[:, solid]
    for _ in range(PEELS):
        if not len(owner):
            break
        front = _front(place, owner, pixels)
        at, who, values = place[front], owner[front], texel[:, front]
        rgb, alpha = _paint(stand, who, values)
        left = 1.0 - cover[at]
        first = (cover[at] < 0.5) & (cover[at] + alpha * left >= 0.5)
        depth[at] = torch.where((depth[at] == 0) | first, stand.depth[who], depth[at])
        label[at] = torch.where((label[at] == 0) | first, stand.label[who], label[at])
        colour[at] += rgb * (alpha * left)[:, None]
        cover[at] += alpha * left
        rest = ~front & (cover[place] < 0.97)
        owner, place, texel = owner[rest], place[rest], texel[:, rest]
    return Layer(
        colour.view(count, height, width, 3).permute(0, 3, 1, 2),
        cover.view(count, height, width),
        depth.view(count, height, width),
        label.view(count, height, width),
    )


def _fetch(stand: Stand, owner: Tensor, px: Tensor, py: Tensor) -> Tensor:
    """Texels [5, M] of fragments at pixel centres."""
    u = (px - stand.x[owner]) / stand.wide[owner] * stand.flip[owner] + 0.5
    v = 1.0 - (stand.foot[owner] - py) / stand.tall[owner]
    # Choose the copy whose texels are about as large as pixels, or a little finer.
    level = torch.log2(TILE / stand.tall.clamp(min=1.0) * 0.8).round().clamp(0, LEVELS - 1)
    size = torch.pow(2.0, -level) * TILE
    top = 2 * TILE - 2 * size
    # Half a texel from the rim, so that the copies above and below do not show through.
    rim = 0.5 / size[owner]
    u, v = torch.maximum(u, rim).minimum(1 - rim), torch.maximum(v, rim).minimum(1 - rim)
    x = stand.tile[owner] * TILE + u * size[owner]
    y = top[owner] + v * size[owner]
    grid = torch.stack([x / (COUNT * TILE) * 2 - 1, y / (2 * TILE) * 2 - 1], -1)
    texel = F.grid_sample(atlas(px.device), grid[None, None], align_corners=False)[0, :, 0]
    texel[2] *= stand.flip[owner]
    return texel


def _paint(stand: Stand, who: Tensor, texel: Tensor) -> tuple[Tensor, Tensor]:
    """Linear RGB [M, 3] and opacity [M] of fragments."""
    alpha = texel[0].clamp(1e-3, 1.0)
    shade, facing, wood, petal = texel[1:] / alpha
    light = (shade * 1.15 - 0.1 + 0.42 * facing * stand.side[who]).clamp(0, 1.15)[:, None]
    wood, petal = wood.clamp(0, 1)[:, None], petal.clamp(0, 1)[:, None]
    lit = stand.leaf[who] + (stand.wood[who] - stand.leaf[who]) * wood
    lit = lit + (stand.petal[who] - lit) * petal
    dark = stand.leaf_dark[who] + (stand.wood_dark[who] - stand.leaf_dark[who]) * wood
    dark = dark + (stand.petal_dark[who] - dark) * petal
    rgb = dark + (lit - dark) * light
    frost = (stand.snow[who] * ((shade - 0.40) * 3.0).clamp(0, 0.9))[:, None] * (1 - 0.72 * wood)
    rgb = rgb + (stand.frost[who] * (0.45 + 0.55 * light) - rgb) * frost
    return rgb, (alpha * 1.15).clamp(max=1.0)
