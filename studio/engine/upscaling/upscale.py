"""One job: from a picture to a larger one, told as events."""

import time
import traceback
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from studio.contract.events import CancelFlag, Cancelled, Failed
from studio.contract.upscaling import (
    TileDone,
    UpscaleEvent,
    UpscaleFinished,
    UpscaleRequest,
    UpscaleStarted,
)
from studio.engine.device import is_out_of_memory
from studio.engine.library import ModelLibrary
from studio.engine.loading import stopped_by
from studio.engine.model_error import ModelError
from studio.engine.upscaling.order import TileSignals
from studio.engine.upscaling.shown import Shown
from studio.engine.upscaling.tiles import Tile
from studio.engine.upscaling.work import Plan, Work, fitting_tile, no_signals


class _CancelledError(Exception):
    """The cancel flag was found set."""


@dataclass(kw_only=True)
class _Job:
    """What is known of a job while it runs; times in seconds."""

    request: UpscaleRequest
    cancel: CancelFlag | None
    began: float = field(default_factory=time.perf_counter)
    tiles_done: int = 0

    def check(self) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise _CancelledError

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.began

    def shown(self, plan: Plan) -> TileSignals:
        """Tells of every tile."""
        if not plan.grids:
            return no_signals
        pictures = Shown(plan)

        def signals(tile: Tile, pixels: Tensor) -> Iterator[TileDone]:
            self.tiles_done += 1
            event = pictures.picture(tile, pixels, self.tiles_done, self.elapsed)
            if event is not None:
                yield event

        return signals


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
    model = yield from stopped_by(job.check, models.get_upscaler(request.model))
    tile = request.tile or fitting_tile(model)
    plan = Plan(request, tile, model.native)
    work = Work(plan, model, tile, job.check)
    notices = (*plan.notices, *model.notices(request, plan.tiles))
    yield UpscaleStarted(request=request, size=plan.size, tiles=plan.tiles, notices=notices)
    yield from work.bands(job.shown(plan))
    return UpscaleFinished(size=plan.size, elapsed=job.elapsed, evaluations=work.evaluations)


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
