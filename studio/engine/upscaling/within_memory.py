"""A tile's prediction, in smaller tiles where the memory does not suffice."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.engine.device import is_out_of_memory
from studio.engine.upscaling.tiles import OVERLAP, Tile, TileGrid, blended


@dataclass(kw_only=True)
class TileSide:
    """The longest side of a tile in one evaluation; halved when the memory does not suffice."""

    cells: int


def within_memory(predict: Callable[[Tile], Tensor], tile: Tile, side: TileSide) -> Tensor:
    """The prediction [C, h, w] of a tile."""
    longest = max(tile.bottom - tile.top, tile.right - tile.left)
    if longest <= side.cells:
        try:
            return predict(tile)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or longest // 2 < 2 * OVERLAP:
                raise
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            side.cells = longest // 2
    height, width = tile.bottom - tile.top, tile.right - tile.left
    grid = TileGrid.of(height, width, side.cells, height * width)

    def part(inner: Tile) -> Tensor:
        return within_memory(predict, inner.moved(tile.top, tile.left), side)

    return torch.cat(list(blended(grid, part)), 1)
