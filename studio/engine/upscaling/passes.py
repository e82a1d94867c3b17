"""One pass of a model: a picture's rows become rows four times as large."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.upscaling import NATIVE_SCALE
from studio.engine.device import is_out_of_memory
from studio.engine.upscaling.first_stage import (
    CHANNELS,
    LOW_REACH,
    bicubic_cells,
    without_colour,
    without_drift,
)
from studio.engine.upscaling.model import Upscaler
from studio.engine.upscaling.noise import noise_rows
from studio.engine.upscaling.rows import Stage, Window
from studio.engine.upscaling.tiles import OVERLAP, Span, Tile, TileGrid, blended

_ROWS = 64

TileSignals = Callable[[Tile, Tensor], Iterator[Any]]
"""What to tell of a tile whose pixels [3, 4h, 4w] in -1..1 are there."""


@dataclass(kw_only=True)
class TileSide:
    """The longest side of a tile in one evaluation; halved when the memory does not suffice."""

    cells: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """How a pass is made. ``strength`` 0 makes it Faithful. ``left`` and ``top``: where its
    picture begins in the whole, which places the noise. ``check`` runs before every evaluation
    and may raise to stop it.
    """

    model: Upscaler
    strength: float
    repair: float
    seed: int
    dtype: torch.dtype
    grid: TileGrid
    side: TileSide
    check: Callable[[], None]
    tile_signals: TileSignals
    left: int = 0
    top: int = 0

    def run(self, picture: Window) -> Stage:
        """Blocks [3, n, 4 W] in -1..1 from blocks [3, n, W]."""
        state = Window(self._mean(picture), self.grid.height)
        for step in range(self._steps):
            state = Window(self._sharpened(state, step), self.grid.height)
        yield from self._decoded(state)

    # A stage's state holds, for every cell, the latent as it stands (48 channels), the mean
    # latent (48, left out while it is the same) and the small picture (3).

    @property
    def _steps(self) -> int:
        return len(self.model.config.vivid_times) if self.strength > 0 else 0

    def _mean(self, picture: Window) -> Stage:
        def predict(tile: Tile) -> Tensor:
            self.check()
            small = picture.rows(tile.top, tile.bottom)[:, :, tile.left : tile.right]
            z = self.model.mean(small[None], self.repair, self.dtype)[0]
            return torch.cat([z, small.to(z)])

        return self._stage(predict, picture, last=self._steps == 0)

    def _sharpened(self, state: Window, step: int) -> Stage:
        time = self.model.config.vivid_times[step]

        def predict(tile: Tile) -> Tensor:
            self.check()
            now = state.rows(tile.top, tile.bottom)[:, :, tile.left : tile.right]
            rows = (self.top + tile.top, self.top + tile.bottom)
            columns = (self.left + tile.left, self.left + tile.right)
            eps = noise_rows(self.seed, step, rows, columns, CHANNELS).to(now)
            x_t = self.model.noised(now[:CHANNELS], eps, time)
            small = now[-3:]
            z = self.model.sharpen(x_t[None], small[None], time, self.repair, self.dtype)[0]
            return torch.cat([z, now[-3 - CHANNELS :]])

        return self._stage(predict, state, last=step == self._steps - 1)

    def _stage(self, predict: Callable[[Tile], Tensor], given: Window, last: bool) -> Stage:
        def prepare(rows: Span) -> Stage:
            return given.fill(rows[1])

        def within_memory(tile: Tile) -> Tensor:
            return self._within_memory(predict, tile)

        def signals(tile: Tile, part: Tensor) -> Iterator[Any]:
            return self.tile_signals(tile, self._pixels(part))

        if last:
            return blended(self.grid, within_memory, prepare, signals)
        return blended(self.grid, within_memory, prepare)

    def _within_memory(self, predict: Callable[[Tile], Tensor], tile: Tile) -> Tensor:
        """The prediction of a tile; in smaller ones where the memory does not suffice."""
        longest = max(tile.bottom - tile.top, tile.right - tile.left)
        if longest <= self.side.cells:
            try:
                return predict(tile)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or longest // 2 < 2 * OVERLAP:
                    raise
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
                self.side.cells = longest // 2
        height, width = tile.bottom - tile.top, tile.right - tile.left
        grid = TileGrid.of(height, width, self.side.cells, height * width)

        def part(inner: Tile) -> Tensor:
            return self._within_memory(predict, inner.moved(tile.top, tile.left))

        return torch.cat(list(blended(grid, part)), 1)

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
