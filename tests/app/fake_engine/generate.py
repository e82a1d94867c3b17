"""Colourful noise that becomes a plain colour, at any wanted pace.

The negative prompt is the seconds of a step; some prompts ask for trouble.
"""

import os
import time
from dataclasses import replace

import numpy as np

from studio.contract.events import Cancelled, Failed, Finished, Produced, Started, Stepped


def generate(request, models, cancel):
    if request.prompt == "crash":
        os._exit(7)
    if request.prompt == "broken":
        raise RuntimeError("no such layer")
    if request.prompt == "impossible":
        yield Failed(sentence="This can't be done.", action="Write another prompt.")
        return
    steps = request.steps or 12
    pause = float(request.negative_prompt or 0)
    full = replace(
        request,
        steps=steps,
        guidance=3.0 if request.guidance is None else request.guidance,
        sampler=request.sampler or "dpmpp_2m",
        spacing=request.spacing or "trailing",
    )
    yield Started(request=full)
    size = request.size
    for image in range(request.count):
        random = np.random.default_rng(request.seed + image)
        noise = random.integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
        colour = np.broadcast_to(random.integers(0, 256, 3, dtype=np.uint8), noise.shape)
        latent = np.zeros((4, size.height // 8, size.width // 8), np.float32)
        for step in range(1, steps + 1):
            if cancel.is_set():
                yield Cancelled(count=image)
                return
            time.sleep(pause)
            share = step / steps
            mixed = (noise * (1 - share) + colour * share).astype(np.uint8)
            yield Stepped(
                image=image, count=request.count, step=step, steps=steps, x_t=latent, x_0=latent,
                noisy=mixed, clean=np.array(colour), elapsed=step * pause,
                remaining=(steps - step) * pause,
            )  # fmt: skip
        seed = (request.seed + image) % 2**32
        yield Produced(
            image=image,
            count=request.count,
            pixels=np.array(colour),
            request=replace(full, seed=seed, count=1),
        )
    yield Finished(
        count=request.count, size=size, elapsed=steps * pause, sampling=steps * pause, decoding=0.0
    )
