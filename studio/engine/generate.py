"""One job: from a request to pictures, told as events."""

import time
import traceback
from collections.abc import Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from studio.contract.events import (
    CancelFlag,
    Cancelled,
    Event,
    Failed,
    Finished,
    Produced,
    Started,
    Stepped,
    Terminal,
)
from studio.contract.request import MAX_SEED, GenerateRequest, Preview
from studio.engine.denoiser import Denoiser, Guidance
from studio.engine.device import is_out_of_memory
from studio.engine.job import BrokenError, CancelledError, Job
from studio.engine.loading import stopped_by
from studio.engine.lora.request import with_loras
from studio.engine.model import Model, Models
from studio.engine.model_error import ModelError
from studio.engine.parts import PartKind
from studio.engine.pipelines.jobs import paint
from studio.engine.pipelines.model import PipelineModel
from studio.engine.resolving import resolved
from studio.engine.samplers import SAMPLERS, Step
from studio.engine.schedules import Grid
from studio.engine.source import pasted
from studio.engine.spacings import SPACINGS
from studio.engine.start import Draw, Start, Starter


def generate(
    request: GenerateRequest, models: Models, cancel: CancelFlag | None = None
) -> Iterator[Event]:
    """Do what a request asks, see contract.events for the order of the events.

    ``models`` is a ModelLibrary, or what studio.load returns: then that model, whatever the
    request calls it.

    Never raises: every trouble ends the job with Failed, a set ``cancel`` flag with Cancelled
    before the next network call. Closing the generator stops it as well. Image i of a batch is
    drawn from its own seed alone, so on a CPU its pixels are those of a single run with that seed,
    with previews or without.
    """
    job = Job(request=request, cancel=cancel)
    end: Terminal
    try:
        end = yield from _run(job, models)
    except CancelledError:
        end = Cancelled(count=job.produced)
    except ModelError as error:
        end = Failed(sentence=error.sentence, action=error.action)
    except Exception as error:  # the one place that turns any trouble into a sentence
        end = _failed(error, job.request)
        traceback.clear_frames(error.__traceback__)  # lets go of the tensors they hold
    finally:
        job.changes.close()
    yield end


@torch.inference_mode()
def _run(job: Job, models: Models) -> Generator[Event, None, Terminal]:
    job.check()
    model = yield from stopped_by(job.check, models.get(job.request.model))
    if isinstance(model, PipelineModel):
        return (yield from paint(job, model))
    request, rounded = resolved(job.request, model.config)
    job.request = request
    lora = with_loras(request, model.changeable, models.finder(PartKind.LORA, request.model))
    spoken, told = job.changes.enter_context(lora)
    conditioned = model.conditions(spoken)
    yield Started(
        request=request,
        notices=(*rounded, *told, *conditioned.notices),
        unknown_words=conditioned.unknown_words,
    )
    job.check()
    starter = model.starter(request, conditioned)
    for image in range(request.count):
        yield from _image(job, model, starter, image)
    return Finished(
        count=job.produced,
        size=request.size,
        elapsed=job.elapsed,
        sampling=job.sampling,
        decoding=job.decoding,
    )


def _image(job: Job, model: Model, starter: Starter, image: int) -> Generator[Event, None, None]:
    request = replace(job.request, count=1, seed=(job.request.seed + image) % (MAX_SEED + 1))
    grid = _grid(request, model)
    draw = _draw(request.seed, model.device)
    begin = time.perf_counter()
    start = starter(grid, draw, job.check)
    job.sampling += time.perf_counter() - begin
    latent = None
    for number, step in enumerate(_steps(job, request, model, start, grid, draw), start=1):
        latent = step.x_t
        yield _stepped(job, model, step, image, number, grid.steps)
    if latent is not None and start.known is not None:
        latent = start.known.final(latent)
    if latent is None or not bool(latent.isfinite().all()):
        raise BrokenError
    job.check()
    begin = time.perf_counter()
    pixels = pasted(model.decode(latent, request.size, job.check), request)
    job.decoding += time.perf_counter() - begin
    job.produced += 1
    yield Produced(
        image=image,
        count=job.request.count,
        pixels=pixels,
        request=request,
        drawn_map=start.label_map,
    )


def _grid(request: GenerateRequest, model: Model) -> Grid:
    """All the steps, or, from a source, the last of them: as many as its strength says."""
    assert request.spacing is not None
    assert request.steps is not None
    times = SPACINGS[request.spacing](model.schedule, request.steps)
    if request.strength is not None:
        run = max(1, int(request.steps * request.strength))
        times = times[request.steps - run :]
    return model.schedule.grid(times)


def _draw(seed: int, device: torch.device) -> Draw:
    """Drawn on the CPU, so that a seed means the same everywhere."""
    generator = torch.Generator().manual_seed(seed)

    def draw(shape: tuple[int, ...]) -> Tensor:
        eps = torch.randn(shape, generator=generator).to(device)
        return eps.contiguous(memory_format=torch.channels_last)

    return draw


def _steps(
    job: Job, request: GenerateRequest, model: Model, start: Start, grid: Grid, draw: Draw
) -> Iterator[Step]:
    assert request.sampler is not None
    assert request.guidance is not None
    shape = tuple(start.x_t.shape)
    denoiser = Denoiser(
        network=model.network,
        schedule=model.schedule,
        prediction=model.config.prediction,
        condition=start.given,
        guidance=Guidance(
            scale=request.guidance,
            interval=request.guidance_interval,
            negative=start.dropped,
            together=model.device.type != "cpu",
        ),
        known=start.known,
        before_call=job.check,
    )
    steps = SAMPLERS[request.sampler](denoiser, start.x_t, grid, lambda: draw(shape), request.eta)
    while True:
        begin = time.perf_counter()
        step = next(steps, None)
        if step is None:
            return
        job.sampling += time.perf_counter() - begin
        job.steps_done += 1
        yield step


def _stepped(job: Job, model: Model, step: Step, image: int, number: int, steps: int) -> Stepped:
    request = job.request
    noisy = clean = None
    if request.preview is Preview.BOTH:
        noisy, clean = model.previews(step.x_t, step.x_0, request.size)
    return Stepped(
        image=image,
        count=request.count,
        step=number,
        steps=steps,
        x_t=model.latent(step.x_t, request.size),
        x_0=model.latent(step.x_0, request.size),
        noisy=noisy,
        clean=clean,
        elapsed=job.elapsed,
        remaining=job.remaining(steps * request.count),
    )


def _failed(error: Exception, request: GenerateRequest) -> Failed:
    details = "".join(traceback.format_exception(error))
    if is_out_of_memory(error):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return Failed(
            sentence=f"There is not enough memory for a picture of {request.size}.",
            action="Choose a smaller size, or close other programs.",
            details=details,
        )
    if isinstance(error, BrokenError):
        return Failed(
            sentence="With these settings the model's picture fell apart into invalid numbers.",
            action="Lower the guidance, or choose another sampler.",
            details=details,
        )
    return Failed(
        sentence=f"The picture could not be made: {error or type(error).__name__}.",
        action="Try again; if it happens again, report it with the details.",
        details=details,
    )
