"""The engine for people who write Python: ``studio.load``."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.contract.catalog import DEFAULT_MODEL
from studio.contract.events import Event, Failed, Produced
from studio.contract.request import GenerateRequest, Preview
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.engine.model_config import ModelConfig
from studio.engine.model_error import ModelError


class Painter:
    """A loaded model that makes pictures; the keywords are GenerateRequest's.

    >>> paint = studio.load()
    >>> picture = paint(prompt="a mountain lake at sunset", seed=7)  # uint8 [H, W, 3]
    """

    def __init__(self, model: str, models: ModelLibrary) -> None:
        self._model = model
        self._models = models
        loading = models.get(model)
        try:
            while True:
                next(loading)
        except StopIteration as done:
            self.config: ModelConfig = done.value.config

    def events(self, **asked: Any) -> Iterator[Event]:
        """Everything that happens during the job; ValueError for a request that makes no sense."""
        return generate(GenerateRequest(model=self._model, **asked), self._models)

    def __call__(self, **asked: Any) -> np.ndarray:
        """One picture, uint8 [H, W, 3] sRGB. Raises ValueError for a request that makes no sense
        and ModelError when the picture could not be made.
        """
        request = GenerateRequest(model=self._model, **asked)
        request = replace(request, count=1, preview=Preview.NONE)
        for event in generate(request, self._models):
            if isinstance(event, Failed):
                raise ModelError(event.sentence, event.action)
            if isinstance(event, Produced):
                return event.pixels
        raise AssertionError("a job ends with a picture or with a failure")


def load(model: str | Path = DEFAULT_MODEL, device: str | None = None) -> Painter:
    """Load a bundled model by name, or any by its folder; ``device`` is such as "cpu" or "cuda".

    Raises ModelError, whose text is a sentence.
    """
    return Painter(str(model), ModelLibrary(device=device))
