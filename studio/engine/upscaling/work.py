"""The chain of passes and resizes that a request needs, from the source to finished rows."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor

from studio.contract.upscaling import BandDone, UpscaleRequest
from studio.engine.upscaling.order import Enlarger, OnePass, PassOrder, TileSignals
from studio.engine.upscaling.resize import Axis, resized
from studio.engine.upscaling.rows import Stage, Window
from studio.engine.upscaling.source import Source
from studio.engine.upscaling.tiles import Tile, TileGrid
from studio.engine.upscaling.within_memory import TileSide

_BAND = 256
"""Rows of the result in one event."""

_SMALLEST_TILE = 64
_BAND_CELLS = 600_000
"""Cells in a band of tiles, which is held whole (some 400 bytes a cell)."""


def no_signals(tile: Tile, pixels: Tensor) -> Iterator[Any]:
    """Tells nothing of a tile."""
    yield from ()


class Plan:
    """What will be done for a request: the grids of its passes and where the result lies on them.

    A picture goes through as many passes, each of which makes it ``native`` times as large, as the
    larger of its two factors needs. Between two passes it is resized so that the last one ends at
    the size that is asked for.
    """

    def __init__(self, request: UpscaleRequest, tile: int, native: int) -> None:
        self.request = request
        self.native = native
        self.source = Source(request.pixels, request.region)
        self.size = request.output_size
        given = self.source.size
        self._factors = self.size.width / given.width, self.size.height / given.height
        self.grids = self._grids(tile)

    @property
    def tiles(self) -> int:
        """In how many pieces the last pass is made."""
        return self.grids[-1].count if self.grids else 0

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know."""
        if self.grids:
            return ()
        return ("The picture becomes no larger, so it is only resized.",)

    def _grids(self, tile: int) -> list[TileGrid]:
        across, down = self._factors
        largest = max(across, down)
        count = max(1, math.ceil(math.log(largest, self.native) - 1e-9)) if largest > 1 else 0
        grids = []
        width, height = self.source.width, self.source.height
        for number in range(count):
            if number:
                left = self.native ** (count - number)
                width = _between(self.source.width, across, left)
                height = _between(self.source.height, down, left)
            grids.append(TileGrid.of(height, width, tile, _BAND_CELLS))
        return grids

    def axes(self, height: int, width: int) -> tuple[Axis, Axis]:
        """Down and across: where the result lies on a grid of that size over the whole source."""
        source, inset = self.source, self.source.inset
        sides = (
            (height, source.height, inset[1], self.size.height, source.size.height),
            (width, source.width, inset[0], self.size.width, source.size.width),
        )
        down, across = (
            Axis(begin=begin * own / whole, ratio=own * given / (whole * made), length=made)
            for own, whole, begin, made, given in sides
        )
        return down, across


class Work:
    """Does what a plan says. ``check`` runs before every network call and may raise to stop it."""

    def __init__(self, plan: Plan, model: Enlarger, tile: int, check: Callable[[], None]) -> None:
        self._plan, self._model, self._check = plan, model, check
        self._side = TileSide(cells=tile)

    @property
    def evaluations(self) -> int:
        """Network calls for each part of the picture."""
        return len(self._plan.grids) * self._model.evaluations(self._plan.request)

    def bands(self, signals: TileSignals) -> Stage:
        """Every row of the result as BandDone, with the ``signals`` of the last pass's tiles."""
        plan = self._plan
        source, height = plan.source, plan.size.height
        colour = Window(self._result(source.colour(), signals), height)
        alpha = Window(self._alpha(), height) if source.has_alpha else None
        for top in range(0, plan.size.height, _BAND):
            bottom = min(top + _BAND, plan.size.height)
            yield from colour.fill(bottom)
            planes = [in_channels(colour.rows(top, bottom), plan.request)]
            if alpha is not None:
                yield from alpha.fill(bottom)
                planes.append(alpha.rows(top, bottom).mean(0, keepdim=True))
            yield BandDone(top=top, pixels=quantised(torch.cat(planes), plan.request))

    def _result(self, rows: Stage, signals: TileSignals, colour: bool = True) -> Stage:
        """The rows of the result [3, n, width] in -1..1 from those of the source."""
        source, grids, native = self._plan.source, self._plan.grids, self._plan.native
        window, width = Window(rows, source.height), source.width
        for number, grid in enumerate(grids):
            if number:
                down = Axis(begin=0, ratio=window.height / grid.height, length=grid.height)
                across = Axis(begin=0, ratio=width / grid.width, length=grid.width)
                window = Window(resized(window, down, across), grid.height)
            last = number == len(grids) - 1
            made = self._pass(grid, colour, signals if last else no_signals)
            window = Window(made.run(window), native * grid.height)
            width = native * grid.width
        return resized(window, *self._plan.axes(window.height, width))

    def _alpha(self) -> Stage:
        """The alpha channel's rows of the result, three times."""
        source = self._plan.source
        if self._model.enlarges_alpha:
            return self._result(source.alpha(), no_signals, colour=False)
        window = Window(source.alpha(), source.height)
        return resized(window, *self._plan.axes(source.height, source.width))

    def _pass(self, grid: TileGrid, colour: bool, signals: TileSignals) -> OnePass:
        source = self._plan.source
        scale = grid.width / source.width
        order = PassOrder(
            request=self._plan.request,
            colour=colour,
            grid=grid,
            side=self._side,
            check=self._check,
            tile_signals=signals,
            left=round(source.left * scale),
            top=round(source.top * scale),
        )
        return self._model.one_pass(order)


def in_channels(planes: Tensor, request: UpscaleRequest) -> Tensor:
    """[3, h, w] as the picture's own colour channels: three, or their mean."""
    return planes.mean(0, keepdim=True) if request.pixels.shape[2] < 3 else planes


def quantised(planes: Tensor, request: UpscaleRequest) -> np.ndarray:
    """Planes in -1..1 as read-only [h, w, C] of the picture's dtype; opaque where no alpha plane
    is among them.
    """
    pixels = request.pixels
    full = int(np.iinfo(pixels.dtype).max)
    values = planes.float().cpu().add(1).mul(full / 2).round_().clamp_(0, full)
    whole = np.full((*planes.shape[1:], pixels.shape[2]), full, pixels.dtype)
    whole[..., : len(planes)] = values.permute(1, 2, 0).numpy()
    whole.flags.writeable = False
    return whole


def fitting_tile(model: Enlarger) -> int:
    """The side of a tile that takes about a quarter of the memory that is free."""
    device = model.device.device
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    else:
        free = psutil.virtual_memory().available
    side = math.isqrt(free // 4 // model.bytes_per_cell)
    return min(max(side, _SMALLEST_TILE), model.largest_tile)


def _between(source: int, factor: float, left: int) -> int:
    """A side of what goes into a pass after which ``left`` times enlargement is reached."""
    return max(math.ceil(source * factor / left), min(source, math.ceil(source * factor)))
