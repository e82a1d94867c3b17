"""A finished tile, small enough to be shown at once."""

import math

import torch
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.upscaling import TileDone
from studio.engine.upscaling.resize import Axis, resampled
from studio.engine.upscaling.tiles import Tile, TileGrid
from studio.engine.upscaling.work import Plan, in_channels, quantised

_LONGEST = 512
"""Side of a tile's picture in an event."""


class Shown:
    """Makes the pictures of the tiles of a plan's last pass."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._grid: TileGrid = plan.grids[-1]
        native = plan.native * self._grid.height, plan.native * self._grid.width
        self._down, self._across = plan.axes(*native)

    def picture(self, tile: Tile, pixels: Tensor, number: int, elapsed: float) -> TileDone | None:
        """The event of a tile whose pixels [3, n h, n w] are there; None where the tile is but the
        surroundings of a region. What is left is supposed to take as long as what is done.
        """
        core = self._grid.core(tile)
        native = self._plan.native
        top, bottom = _covered(native * core.top, native * core.bottom, self._down)
        left, right = _covered(native * core.left, native * core.right, self._across)
        if top >= bottom or left >= right:
            return None
        size = Size(right - left, bottom - top)
        shrink = max(1.0, size.width / _LONGEST, size.height / _LONGEST)
        small = Size(max(1, round(size.width / shrink)), max(1, round(size.height / shrink)))
        x0, x1 = (_place(at, self._across) - native * tile.left for at in (left, right))
        y0, y1 = (_place(at, self._down) - native * tile.top for at in (top, bottom))
        request = self._plan.request
        colour = resampled(pixels, (x0, y0, x1, y1), (small.width, small.height), rough=True)
        planes = [in_channels(colour, request)]
        if self._plan.source.has_alpha:
            planes.append(self._alpha((left, top, right, bottom), small).to(colour))
        tiles = self._grid.count
        return TileDone(
            number=number,
            tiles=tiles,
            left=left,
            top=top,
            size=size,
            pixels=quantised(torch.cat(planes), request),
            elapsed=elapsed,
            remaining=elapsed * (tiles - number) / number,
        )

    def _alpha(self, part: tuple[int, int, int, int], size: Size) -> Tensor:
        """A rough alpha plane [1, h, w] of a part of the result; the bands bring the real one."""
        source = self._plan.source
        down, across = self._plan.axes(source.height, source.width)
        box = (_place(part[0], across), _place(part[1], down),
               _place(part[2], across), _place(part[3], down))  # fmt: skip
        top, bottom = max(math.floor(box[1]) - 4, 0), math.ceil(box[3]) + 4
        rows = source.alpha_rows(top, min(bottom, source.height))[:1]
        inside = (box[0], box[1] - top, box[2], box[3] - top)
        return resampled(rows, inside, (size.width, size.height))


def _place(output: int, axis: Axis) -> float:
    """Where an output begins on the axis's input."""
    return axis.begin + output * axis.ratio


def _covered(begin: int, end: int, axis: Axis) -> tuple[int, int]:
    """The outputs whose middle lies in inputs ``begin``..``end`` - 1."""

    def output(place: int) -> int:
        at = (place - axis.begin) / axis.ratio
        return min(max(math.ceil(at - 0.5), 0), axis.length)

    return output(begin), output(end)
