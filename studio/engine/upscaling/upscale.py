"""One job: from a picture to a larger one, told as events."""

import math
import time
import traceback
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
import psutil
import torch
from torch import Tensor

from studio.contract.events import CancelFlag, Cancelled, Failed
from studio.contract.geometry import Size
from studio.contract.upscaling import (
    NATIVE_SCALE,
    BandDone,
    TileDone,
    UpscaleEvent,
    UpscaleFinished,
    UpscaleMode,
    UpscaleRequest,
    UpscaleStarted,
)
from studio.engine.device import is_out_of_memory
from studio.engine.library import ModelLibrary
from studio.engine.model_error import ModelError
from studio.engine.upscaling.model import Upscaler
from studio.engine.upscaling.passes import Pass, TileSide
from studio.engine.upscaling.resize import Axis, resampled, resized
from studio.engine.upscaling.rows import Stage, Window
from studio.engine.upscaling.source import Source
from studio.engine.upscaling.tiles import Tile, TileGrid

_BAND = 256
"""Rows of the result in one event."""

_SHOWN = 512
"""Longest side of a tile's picture in an event."""

_LARGEST_TILE = 384
_SMALLEST_TILE = 64
_BYTES_PER_CELL = 4096
"""About what an evaluation takes for each pixel of the small picture."""

_BAND_CELLS = 600_000
"""Cells in a band of tiles, which is held whole (some 400 bytes a cell)."""


class _CancelledError(Exception):
    """The cancel flag was found set."""


@dataclass(kw_only=True)
class _Job:
    """What is known of a job while it runs; times in seconds."""

    request: UpscaleRequest
    cancel: CancelFlag | None
    began: float = field(default_factory=time.perf_counter)
    tiles: int = 0
    tiles_done: int = 0

    def check(self) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise _CancelledError

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.began

    @property
    def remaining(self) -> float:
        return self.elapsed * (self.tiles - self.tiles_done) / max(self.tiles_done, 1)


def upscale(
    request: UpscaleRequest, models: ModelLibrary, cancel: CancelFlag | None = None
) -> Iterator[UpscaleEvent]:
    """Do what a request asks, see contract.upscaling for the order of the events.

    Never raises: every trouble ends the job with Failed, a set ``cancel`` flag with Cancelled
    before the next network call. Closing the generator stops it as well. The memory it takes does
    not grow with the picture's height; the same request gives the same pixels.
    """
    job = _Job(request=request, cancel=cancel)
    end: UpscaleEvent
    try:
        end = yield from _run(job, models)
    except _CancelledError:
        end = Cancelled(count=0)
    except ModelError as error:
        end = Failed(sentence=error.sentence, action=error.action)
    except Exception as error:  # the one place that turns any trouble into a sentence
        end = _failed(error, request)
        traceback.clear_frames(error.__traceback__)  # lets go of the tensors they hold
    yield end


@torch.inference_mode()
def _run(job: _Job, models: ModelLibrary) -> Generator[UpscaleEvent, None, UpscaleEvent]:
    job.check()
    request = job.request
    model = yield from models.get_upscaler(request.model)
    job.check()
    work = _Work(job, model)
    job.tiles = work.tiles
    yield UpscaleStarted(
        request=request, size=request.output_size, tiles=work.tiles, notices=work.notices
    )
    yield from work.bands()
    return UpscaleFinished(
        size=request.output_size, elapsed=job.elapsed, evaluations=work.evaluations
    )


class _Work:
    """The chain of passes and resizes that a request needs."""

    def __init__(self, job: _Job, model: Upscaler) -> None:
        self._job = job
        self._model = model
        request = job.request
        self._source = Source(request.pixels, request.region)
        self._size = request.output_size
        self._vivid = request.strength if request.mode is UpscaleMode.VIVID else 0.0
        self._side = TileSide(cells=request.tile or _fitting_tile(model))
        # 8-bit results hide what bf16 rounds away, finer ones do not.
        deep = request.pixels.dtype != np.uint8
        self._dtype = torch.float32 if deep else model.device.dtype
        given = self._source.size
        self._factor = self._size.width / given.width, self._size.height / given.height
        self._grids = self._grids_of_passes()

    @property
    def tiles(self) -> int:
        """How many tiles will be shown: those of the last pass."""
        return self._grids[-1].count if self._grids else 0

    @property
    def evaluations(self) -> int:
        """Network calls for each part of the picture."""
        steps = len(self._model.config.vivid_times) if self._vivid else 0
        return len(self._grids) * (1 + steps)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know."""
        if self._grids:
            return ()
        return ("The picture becomes no larger, so it is only resized.",)

    def bands(self) -> Stage:
        """Every row of the result, with the tiles in between."""
        colour = Window(self._result(self._source.colour(), alpha=False), self._size.height)
        alpha = None
        if self._source.has_alpha:
            alpha = Window(self._result(self._source.alpha(), alpha=True), self._size.height)
        for top in range(0, self._size.height, _BAND):
            bottom = min(top + _BAND, self._size.height)
            yield from colour.fill(bottom)
            planes = [self._channels(colour.rows(top, bottom))]
            if alpha is not None:
                for _ in alpha.fill(bottom):
                    pass
                planes.append(alpha.rows(top, bottom).mean(0, keepdim=True))
            yield BandDone(top=top, pixels=self._quantised(torch.cat(planes)))

    def _grids_of_passes(self) -> list[TileGrid]:
        """The grid of each pass: of the source, and of what lies between two passes."""
        across, down = self._factor
        largest = max(across, down)
        count = max(1, math.ceil(math.log(largest, NATIVE_SCALE) - 1e-9)) if largest > 1 else 0
        grids = []
        for number in range(count):
            left = NATIVE_SCALE ** (count - number)
            width = (
                self._source.width if number == 0 else _between(self._source.width, across, left)
            )
            height = (
                self._source.height if number == 0 else _between(self._source.height, down, left)
            )
            grids.append(TileGrid.of(height, width, self._side.cells, _BAND_CELLS))
        return grids

    def _result(self, rows: Stage, alpha: bool) -> Stage:
        """The rows of the result [3, n, width] in -1..1 from those of the source."""
        window = Window(rows, self._source.height)
        width = self._source.width
        for number, grid in enumerate(self._grids):
            if number:
                down = Axis(begin=0, ratio=window.height / grid.height, length=grid.height)
                across = Axis(begin=0, ratio=width / grid.width, length=grid.width)
                window = Window(resized(window, down, across), grid.height)
            made = self._pass(grid, alpha, last=grid is self._grids[-1])
            window = Window(made.run(window), NATIVE_SCALE * grid.height)
            width = NATIVE_SCALE * grid.width
        return resized(window, *self._axes(window.height, width))

    def _axes(self, height: int, width: int) -> tuple[Axis, Axis]:
        """Down and across: where the result lies on a grid that covers the source."""
        axes = []
        for own, whole, inset, made, given in (
            (height, self._source.height, self._source.inset[1], self._size.height,
             self._source.size.height),
            (width, self._source.width, self._source.inset[0], self._size.width,
             self._source.size.width),
        ):  # fmt: skip
            ratio = own * given / (whole * made)
            axes.append(Axis(begin=inset * own / whole, ratio=ratio, length=made))
        return axes[0], axes[1]

    def _pass(self, grid: TileGrid, alpha: bool, last: bool) -> Pass:
        request = self._job.request
        scale = grid.width / self._source.width
        shown = last and not alpha
        return Pass(
            model=self._model,
            strength=0.0 if alpha else self._vivid,
            repair=0.0 if alpha else request.repair,
            seed=request.seed,
            dtype=self._dtype,
            grid=grid,
            side=self._side,
            check=self._job.check,
            left=round(self._source.left * scale),
            top=round(self._source.top * scale),
            **({"tile_signals": self._tile_signals(grid)} if shown else {}),
        )

    def _tile_signals(self, grid: TileGrid):  # type: ignore[no-untyped-def]
        down, across = self._axes(NATIVE_SCALE * grid.height, NATIVE_SCALE * grid.width)

        def signals(tile: Tile, pixels: Tensor) -> Iterator[TileDone]:
            self._job.tiles_done += 1
            core = grid.core(tile)
            rows = _covered(core.top, core.bottom, down)
            columns = _covered(core.left, core.right, across)
            if rows[0] >= rows[1] or columns[0] >= columns[1]:
                return  # it is but context of a region
            shrink = max(1.0, (rows[1] - rows[0]) / _SHOWN, (columns[1] - columns[0]) / _SHOWN)
            size = (
                max(1, round((columns[1] - columns[0]) / shrink)),
                max(1, round((rows[1] - rows[0]) / shrink)),
            )
            box = (
                across.begin + columns[0] * across.ratio - NATIVE_SCALE * tile.left,
                down.begin + rows[0] * down.ratio - NATIVE_SCALE * tile.top,
                across.begin + columns[1] * across.ratio - NATIVE_SCALE * tile.left,
                down.begin + rows[1] * down.ratio - NATIVE_SCALE * tile.top,
            )
            shown = self._channels(resampled(pixels, box, size))
            yield TileDone(
                number=self._job.tiles_done,
                tiles=self._job.tiles,
                left=columns[0],
                top=rows[0],
                size=Size(columns[1] - columns[0], rows[1] - rows[0]),
                pixels=self._quantised(shown),
                elapsed=self._job.elapsed,
                remaining=self._job.remaining,
            )

        return signals

    def _channels(self, planes: Tensor) -> Tensor:
        """[3, h, w] as the picture's own colour channels: three, or their mean."""
        grey = self._job.request.pixels.shape[2] < 3
        return planes.mean(0, keepdim=True) if grey else planes

    def _quantised(self, planes: Tensor) -> np.ndarray:
        """Planes in -1..1 as read-only [h, w, C] of the picture's dtype; opaque where no alpha
        plane is among them.
        """
        pixels = self._job.request.pixels
        full = int(np.iinfo(pixels.dtype).max)
        values = planes.float().cpu().add(1).mul(full / 2).round_().clamp_(0, full)
        whole = np.full((*planes.shape[1:], pixels.shape[2]), full, pixels.dtype)
        whole[..., : len(planes)] = values.permute(1, 2, 0).numpy()
        whole.flags.writeable = False
        return whole


def _between(source: int, factor: float, left: int) -> int:
    """A side of what goes into a pass after which ``left`` times enlargement is reached."""
    return max(math.ceil(source * factor / left), min(source, math.ceil(source * factor)))


def _covered(begin: int, end: int, axis: Axis) -> tuple[int, int]:
    """The outputs whose middle lies in cells ``begin``..``end`` - 1."""

    def output(cell: int) -> int:
        at = (NATIVE_SCALE * cell - axis.begin) / axis.ratio
        return min(max(math.ceil(at - 0.5), 0), axis.length)

    return output(begin), output(end)


def _fitting_tile(model: Upscaler) -> int:
    """The side of a tile that takes about a quarter of the memory that is free."""
    device = model.device.device
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    else:
        free = psutil.virtual_memory().available
    side = math.isqrt(free // 4 // _BYTES_PER_CELL)
    return min(max(side, _SMALLEST_TILE), _LARGEST_TILE)


def _failed(error: Exception, request: UpscaleRequest) -> Failed:
    details = "".join(traceback.format_exception(error))
    if is_out_of_memory(error):
        return Failed(
            sentence=f"There is not enough memory for a picture of {request.output_size}.",
            action="Choose a smaller size, or close other programs.",
            details=details,
        )
    return Failed(
        sentence=f"The picture could not be enlarged: {error or type(error).__name__}.",
        action="Try again; if it happens again, report it with the details.",
        details=details,
    )
