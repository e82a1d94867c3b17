"""One pass of an upscaler of another family: it sees each tile with some picture around it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import Tensor

from studio.engine.upscaling.order import PassOrder
from studio.engine.upscaling.rows import Stage, Window
from studio.engine.upscaling.tiles import Span, Tile, blended
from studio.engine.upscaling.within_memory import within_memory

if TYPE_CHECKING:
    from studio.engine.upscaling.foreign import ForeignUpscaler

SURROUNDINGS = 12
"""Pixels around a tile that its network looks at beyond those that tiles share."""


class ForeignPass:
    """A tile's pixels travel as cells, [3 n^2, h, w], which blend as they are."""

    def __init__(self, model: "ForeignUpscaler", order: PassOrder) -> None:
        self._model, self._order = model, order

    def run(self, picture: Window) -> Stage:
        """See order.OnePass."""
        order, native = self._order, self._model.native

        def predict(tile: Tile) -> Tensor:
            order.check()
            return F.pixel_unshuffle(self._enlarged(tile, picture), native)

        def prepare(rows: Span) -> Stage:
            return picture.fill(rows[1] + SURROUNDINGS)

        def signals(tile: Tile, part: Tensor) -> Iterator[Any]:
            return order.tile_signals(tile, F.pixel_shuffle(part, native))

        def fitting(tile: Tile) -> Tensor:
            return within_memory(predict, tile, order.side)

        for item in blended(order.grid, fitting, prepare, signals):
            yield F.pixel_shuffle(item, native) if isinstance(item, Tensor) else item

    def _enlarged(self, tile: Tile, picture: Window) -> Tensor:
        grid, native = self._order.grid, self._model.native
        top, left = max(tile.top - SURROUNDINGS, 0), max(tile.left - SURROUNDINGS, 0)
        bottom = min(tile.bottom + SURROUNDINGS, grid.height)
        right = min(tile.right + SURROUNDINGS, grid.width)
        seen = picture.rows(top, bottom)[:, :, left:right]
        made = self._model.enlarge(seen, self._order.check)
        down, across = native * (tile.top - top), native * (tile.left - left)
        height, width = native * (tile.bottom - tile.top), native * (tile.right - tile.left)
        return made[:, down : down + height, across : across + width]
