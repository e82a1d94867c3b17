"""One pass of the studio's own model: a picture's rows become rows four times as large."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.upscaling import NATIVE_SCALE
from studio.engine.upscaling.first_stage import (
    CHANNELS,
    LOW_REACH,
    bicubic_cells,
    without_colour,
    without_drift,
)
from studio.engine.upscaling.noise import noise_rows
from studio.engine.upscaling.order import PassOrder
from studio.engine.upscaling.rows import Stage, Window
from studio.engine.upscaling.tiles import Span, Tile, blended
from studio.engine.upscaling.within_memory import within_memory

if TYPE_CHECKING:
    from studio.engine.upscaling.model import Upscaler

_ROWS = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """How a pass is made. ``strength`` 0 makes it Faithful; ``dtype`` is the networks'."""

    model: "Upscaler"
    order: PassOrder
    strength: float
    repair: float
    dtype: torch.dtype

    def run(self, picture: Window) -> Stage:
        """See order.OnePass."""
        height = self.order.grid.height
        state = Window(self._mean(picture), height)
        for step in range(self._steps):
            state = Window(self._sharpened(state, step), height)
        yield from self._decoded(state)

    # A stage's state holds, for every cell, the latent as it stands (48 channels), the mean
    # latent (48, left out while it is the same) and the small picture (3).

    @property
    def _steps(self) -> int:
        return len(self.model.config.vivid_times) if self.strength > 0 else 0

    def _mean(self, picture: Window) -> Stage:
        def predict(tile: Tile) -> Tensor:
            self.order.check()
            small = picture.rows(tile.top, tile.bottom)[:, :, tile.left : tile.right]
            z = self.model.mean(small[None], self.repair, self.dtype)[0]
            return torch.cat([z, small.to(z)])

        return self._stage(predict, picture, last=self._steps == 0)

    def _sharpened(self, state: Window, step: int) -> Stage:
        time = self.model.config.vivid_times[step]

        def predict(tile: Tile) -> Tensor:
            self.order.check()
            now = state.rows(tile.top, tile.bottom)[:, :, tile.left : tile.right]
            rows = (self.order.top + tile.top, self.order.top + tile.bottom)
            columns = (self.order.left + tile.left, self.order.left + tile.right)
            eps = noise_rows(self.order.request.seed, step, rows, columns, CHANNELS).to(now)
            x_t = self.model.noised(now[:CHANNELS], eps, time)
            small = now[-3:]
            z = self.model.sharpen(x_t[None], small[None], time, self.repair, self.dtype)[0]
            return torch.cat([z, now[-3 - CHANNELS :]])

        return self._stage(predict, state, last=step == self._steps - 1)

    def _stage(self, predict: Callable[[Tile], Tensor], given: Window, last: bool) -> Stage:
        def prepare(rows: Span) -> Stage:
            return given.fill(rows[1])

        def fitting(tile: Tile) -> Tensor:
            return within_memory(predict, tile, self.order.side)

        def signals(tile: Tile, part: Tensor) -> Iterator[Any]:
            return self.order.tile_signals(tile, self._pixels(part))

        if last:
            return blended(self.order.grid, fitting, prepare, signals)
        return blended(self.order.grid, fitting, prepare)

    def _decoded(self, state: Window) -> Stage:
        for top in range(0, state.height, _ROWS):
            bottom = min(top + _ROWS, state.height)
            yield from state.fill(bottom + LOW_REACH)
            pixels = self._pixels(state.rows(top - LOW_REACH, bottom + LOW_REACH))
            edge = NATIVE_SCALE * LOW_REACH
            yield pixels[:, edge : pixels.shape[1] - edge]

    def _pixels(self, state: Tensor) -> Tensor:
        """State [C, h, w] -> pixels [3, 4h, 4w] in -1..1."""
        now, mean, small = state[:CHANNELS], state[-3 - CHANNELS : -3], state[-3:]
        stage = self.model.first_stage
        cells = stage.cells(mean[None])
        if self._steps:
            amount = self.strength * self.model.config.vivid_gain
            cells = cells + amount * without_colour(stage.cells((now - mean)[None]))
        cells = without_drift(cells)
        whole = F.pixel_shuffle(bicubic_cells(small[None]) + cells, NATIVE_SCALE)[0]
        return whole.clamp(-1, 1)
