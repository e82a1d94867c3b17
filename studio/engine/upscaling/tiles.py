"""Tiles whose predictions are blended where they overlap, one band of them after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from studio.engine.upscaling.rows import Stage

MARGIN = 4
"""Cells at a tile's border that are thrown away: there the network saw zeros for neighbours."""
OVERLAP = 2 * MARGIN + 4
"""Cells that neighbours share: both margins, and four cells of transition."""

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """Cells ``top``..``bottom`` - 1 by ``left``..``right`` - 1 of a map."""

    top: int
    bottom: int
    left: int
    right: int

    def moved(self, down: int, across: int) -> "Tile":
        """The same tile elsewhere."""
        return Tile(
            top=self.top + down,
            bottom=self.bottom + down,
            left=self.left + across,
            right=self.right + across,
        )


@dataclass(frozen=True, kw_only=True)
class TileGrid:
    """A map of ``height`` x ``width`` cells cut into spans that overlap by ``OVERLAP``."""

    height: int
    width: int
    down: tuple[Span, ...]
    across: tuple[Span, ...]

    @classmethod
    def of(cls, height: int, width: int, tile: int, band_cells: int) -> "TileGrid":
        """Tiles of at most ``tile`` cells a side (but never less than can overlap), bands of about
        ``band_cells`` at most, so that a wide map gets low bands.
        """
        low = min(tile, max(2 * OVERLAP, band_cells // width))
        return cls(
            height=height,
            width=width,
            down=spans(height, low),
            across=spans(width, tile),
        )

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self.down) * len(self.across)

    def core(self, tile: Tile) -> Tile:
        """The part of a tile that is nearer to its own middle than to a neighbour's."""
        top, bottom = _core((tile.top, tile.bottom), self.height)
        left, right = _core((tile.left, tile.right), self.width)
        return Tile(top=top, bottom=bottom, left=left, right=right)


def _core(span: Span, length: int) -> Span:
    half = OVERLAP // 2
    begin, end = span
    return (begin + half if begin > 0 else 0), (end - half if end < length else length)


def spans(length: int, tile: int) -> tuple[Span, ...]:
    """Cover ``length`` evenly by spans of about ``tile`` at most, sharing OVERLAP.

    They begin at even places, since the network halves its map.
    """
    tile = max(tile, 2 * OVERLAP)
    if length <= tile:
        return ((0, length),)
    count = -(-(length - OVERLAP) // (tile - OVERLAP))
    stride = -(-(length - OVERLAP) // count)
    stride += stride % 2
    begins = [number * stride for number in range(count) if number * stride < length - OVERLAP]
    return tuple(
        (begin, min(begin + stride + OVERLAP, length) if begin != begins[-1] else length)
        for begin in begins
    )


Predict = Callable[[Tile], Tensor]
"""A tile's prediction [C, h, w]."""


def blended(
    grid: TileGrid,
    predict: Predict,
    prepare: Callable[[Span], Stage] = lambda rows: iter(()),
    done: Callable[[Tile, Tensor], Iterator[Any]] = lambda tile, part: iter(()),
) -> Stage:
    """The blended predictions as a stage: blocks [C, n, width] from the top down.

    ``prepare`` fetches what the tiles of some rows need; ``done`` makes signals of a tile.
    """
    below: tuple[Tensor, Tensor] | None = None
    for number, (top, bottom) in enumerate(grid.down):
        yield from prepare((top, bottom))
        total: Tensor | None = None
        column = _ramp((top, bottom), grid.height)
        for left, right in grid.across:
            tile = Tile(top=top, bottom=bottom, left=left, right=right)
            part = predict(tile)
            yield from done(tile, part)
            weight = (column[:, None] * _ramp((left, right), grid.width)).to(part.device)
            if total is None:
                total = part.new_zeros(part.shape[0], bottom - top, grid.width)
                weights = part.new_zeros(bottom - top, grid.width)
            total[:, :, left:right].addcmul_(part, weight)
            weights[:, left:right] += weight
        assert total is not None
        if below is not None:
            shared = below[0].shape[1]
            total[:, :shared] += below[0]
            weights[:shared] += below[1]
        last = number + 1 == len(grid.down)
        finished = (grid.height if last else grid.down[number + 1][0]) - top
        below = total[:, finished:].clone(), weights[finished:].clone()
        yield total[:, :finished].div_(weights[:finished])


def _ramp(span: Span, length: int) -> Tensor:
    """1 inside, 0 in the margins, a straight line between: [n], at the sides with a neighbour."""
    begin, end = span
    at = torch.arange(begin, end) + 0.5
    inward = torch.full_like(at, torch.inf)
    if begin > 0:
        inward = torch.minimum(inward, at - begin)
    if end < length:
        inward = torch.minimum(inward, end - at)
    return ((inward - MARGIN) / (OVERLAP - 2 * MARGIN)).clamp(0, 1)
