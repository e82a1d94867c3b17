"""The picture that was given, as rows of numbers."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.upscaling import Region

CONTEXT = 32
"""Pixels around a region that are looked at, so that it becomes what it is within the whole."""

SMALLEST = 16
"""Pixels a side that the networks need; smaller pictures repeat their last rows and columns."""

BLEED = 12
"""How far, in pixels, colour is carried into what is wholly transparent."""

_BLOCK = 64


class Source:
    """A region of a picture [H, W, C], with context, read in rows.

    ``left`` and ``top`` are where it begins in the whole picture, ``inset`` how much of it lies
    above and left of the region; ``height`` and ``width`` are those of the rows.
    """

    def __init__(self, pixels: np.ndarray, region: Region | None) -> None:
        height, width = pixels.shape[:2]
        part = region or Region(left=0, top=0, width=width, height=height)
        self.left, self.top = max(part.left - CONTEXT, 0), max(part.top - CONTEXT, 0)
        right = min(part.left + part.width + CONTEXT, width)
        bottom = min(part.top + part.height + CONTEXT, height)
        self.pixels = pixels[self.top : bottom, self.left : right]
        self.inset = part.left - self.left, part.top - self.top
        self.size = Size(part.width, part.height)
        self.height = max(bottom - self.top, SMALLEST)
        self.width = max(right - self.left, SMALLEST)
        self._full = int(np.iinfo(pixels.dtype).max)

    @cached_property
    def has_alpha(self) -> bool:
        """Whether something of it is not opaque."""
        return self.pixels.shape[2] in (2, 4) and int(self.pixels[..., -1].min()) < self._full

    def colour(self) -> Iterator[Tensor]:
        """Blocks float32 [3, n, W] in -1..1; grey three times. Colour goes on under what is
        wholly transparent, so that nothing hidden there is drawn into the edges.
        """
        for top in range(0, self.height, _BLOCK):
            rows = self._rows(top - BLEED, top + _BLOCK + BLEED)
            planes = _planes(rows[..., :3] if rows.shape[2] >= 3 else rows[..., :1], self._full)
            if self.has_alpha:
                planes = _extended(planes, torch.from_numpy(rows[..., -1] > 0))
            inside = planes[:, BLEED : BLEED + min(_BLOCK, self.height - top)]
            yield inside.expand(3, -1, -1)

    def alpha(self) -> Iterator[Tensor]:
        """Blocks float32 [3, n, W] in -1..1: the alpha channel three times."""
        for top in range(0, self.height, _BLOCK):
            yield self.alpha_rows(top, min(top + _BLOCK, self.height))

    def alpha_rows(self, top: int, bottom: int) -> Tensor:
        """Some rows of ``alpha``."""
        return _planes(self._rows(top, bottom)[..., -1:], self._full).expand(3, -1, -1)

    def _rows(self, top: int, bottom: int) -> np.ndarray:
        """Rows [n, W, C] of any numbers; the picture's edges repeat."""
        height, width = self.pixels.shape[:2]
        rows = self.pixels[np.arange(top, bottom).clip(0, height - 1)]
        return np.pad(rows, ((0, 0), (0, self.width - width), (0, 0)), mode="edge")


def _planes(rows: np.ndarray, full: int) -> Tensor:
    values = torch.from_numpy(np.ascontiguousarray(rows.transpose(2, 0, 1)).astype(np.float32))
    return values.mul_(2 / full).sub_(1)


def _extended(planes: Tensor, known: Tensor) -> Tensor:
    """Planes [C, h, w] with the mean of known neighbours where nothing is known [h, w], ring by
    ring; black beyond BLEED pixels.
    """
    planes, known = planes.clone(), known.clone()
    planes[:, ~known] = -1
    for _ in range(BLEED):
        if bool(known.all()) or not bool(known.any()):
            break
        weight = known.float()[None]
        around = F.avg_pool2d(weight, 3, 1, 1)
        mean = F.avg_pool2d(planes * weight, 3, 1, 1) / around.clamp(min=1e-6)
        ring = ~known & (around[0] > 0)
        planes[:, ring] = mean[:, ring]
        known |= ring
    return planes
