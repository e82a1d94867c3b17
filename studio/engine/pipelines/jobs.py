"""A job of a whole pipeline: the same events as the studio's own models have."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

import numpy as np
import torch

from studio.contract.catalog import Capability
from studio.contract.events import Event, Finished, Produced, Started, Stepped, Terminal
from studio.contract.prompt_tags import without_tags
from studio.contract.prompt_weights import spoken
from studio.contract.request import MAX_SEED, GenerateRequest, Preview
from studio.engine.job import Job
from studio.engine.pipelines.model import PipelineModel
from studio.engine.pipelines.stepwise import stepwise
from studio.engine.pixels import frozen
from studio.engine.samplers import Step


def paint(job: Job, model: PipelineModel) -> Generator[Event, None, Terminal]:
    """See generate: everything from Started on."""
    request, notices = resolved(job.request, model)
    job.request = request
    yield Started(request=request, notices=notices)
    for image in range(request.count):
        yield from _image(job, model, image)
    return Finished(
        count=job.produced,
        size=request.size,
        elapsed=job.elapsed,
        sampling=job.sampling,
        decoding=job.decoding,
    )


def resolved(
    request: GenerateRequest, model: PipelineModel
) -> tuple[GenerateRequest, tuple[str, ...]]:
    """The request with the pipeline's defaults and without what it cannot use, and what the person
    should know of that.
    """
    defaults, notices = model.config.defaults, []
    size = request.size.fitted(model.config.size_multiple)
    if size != request.size:
        notices.append(
            f"The size is {size} instead of {request.size}: "
            f"this model makes multiples of {model.config.size_multiple}, at least 64."
        )
    for given, sentence in (
        (request.label_map is not None, "This model takes no label map: the map has no effect."),
        (request.source is not None, "This model takes no source picture: it has no effect."),
        (request.depth is not None, "This model takes no depth picture: it has no effect."),
        (bool(request.boxes), "This model takes no boxes: they have no effect."),
        (request.class_id is not None, "This model has no classes: the class has no effect."),
        (
            bool(request.negative_prompt) and Capability.NEGATIVE not in model.config.uses,
            "This model takes no negative prompt: it has no effect.",
        ),
        (
            bool(request.loras or without_tags(request.prompt)[1]),
            "This model takes no LoRA files: they have no effect.",
        ),
        (
            any(_weighs(text) for text in (request.prompt, request.negative_prompt)),
            "This model takes no weights of words: they have no effect.",
        ),
        (
            bool(request.sampler or request.spacing),
            "This model brings its own sampler: the chosen one has no effect.",
        ),
    ):
        notices += [sentence] if given else []
    full = replace(
        request,
        size=size,
        steps=defaults.steps if request.steps is None else request.steps,
        guidance=defaults.guidance if request.guidance is None else request.guidance,
        sampler=None,
        spacing=None,
        source=None,
        mask=None,
        strength=None,
    )
    return full, tuple(notices)


def _image(job: Job, model: PipelineModel, image: int) -> Generator[Event, None, None]:
    request = replace(job.request, count=1, seed=(job.request.seed + image) % (MAX_SEED + 1))
    words = replace(
        request,
        prompt=spoken(without_tags(request.prompt)[0])[0],
        negative_prompt=spoken(request.negative_prompt)[0],
    )

    @torch.inference_mode()
    def work(tell: Callable[[Step], None], check: Callable[[], None]) -> np.ndarray:
        return model.picture(words, tell, check)

    begin, number = time.perf_counter(), 0
    with closing(stepwise(work, job.check)) as steps:
        while True:
            try:
                step = next(steps)
            except StopIteration as done:
                pixels = done.value
                break
            number += 1
            job.steps_done += 1
            job.sampling += time.perf_counter() - begin
            yield _stepped(job, model, step, image, number)
            begin = time.perf_counter()
    job.decoding += time.perf_counter() - begin
    job.produced += 1
    yield Produced(image=image, count=job.request.count, pixels=pixels, request=request)


def _weighs(prompt: str) -> bool:
    return any(weight != 1 for weight in spoken(without_tags(prompt)[0])[1])


def _stepped(job: Job, model: PipelineModel, step: Step, image: int, number: int) -> Stepped:
    request = job.request
    noisy = clean = None
    if request.preview is Preview.BOTH:
        noisy, clean = model.previews(step.x_t, step.x_0)
    steps = max(request.steps or number, number)
    return Stepped(
        image=image,
        count=request.count,
        step=number,
        steps=steps,
        x_t=frozen(step.x_t[0]),
        x_0=frozen(step.x_0[0]),
        noisy=noisy,
        clean=clean,
        elapsed=job.elapsed,
        remaining=job.remaining(steps * request.count),
    )
