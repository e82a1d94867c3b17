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
    below: Tensor | None = None
    for number, (top, bottom) in enumerate(grid.down):
        yield from prepare((top, bottom))
        total: Tensor | None = None
        for left, right in grid.across:
            tile = Tile(top=top, bottom=bottom, left=left, right=right)
            part = predict(tile)
            yield from done(tile, part)
            if total is None:
                total = part.new_empty(part.shape[0], bottom - top, grid.width)
            # Only where two tiles meet is there anything to compute; the maps are large.
            shared = OVERLAP if left > 0 else 0
            total[:, :, left + shared : right] = part[:, :, shared:]
            if shared:
                total[:, :, left : left + shared].lerp_(part[:, :, :shared], _fading(part))
        assert total is not None
        if below is not None:
            total[:, :OVERLAP] = below.lerp_(total[:, :OVERLAP], _fading(total)[:, None])
        last = number + 1 == len(grid.down)
        finished = (grid.height if last else grid.down[number + 1][0]) - top
        below = total[:, finished:].clone()
        yield total[:, :finished]


def _fading(like: Tensor) -> Tensor:
    """[OVERLAP]: the share of the later of two neighbours. 0 in its margin, 1 in the other's, a
    straight line between.
    """
    at = torch.arange(OVERLAP) + 0.5
    return ((at - MARGIN) / (OVERLAP - 2 * MARGIN)).clamp(0, 1).to(like)
