"""The engine for people who write Python: ``studio.load``."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from studio.contract.catalog import DEFAULT_MODEL
from studio.contract.events import Event, Failed, Loading, Produced
from studio.contract.request import GenerateRequest, Preview
from studio.engine.families.latent_diffusion import LatentDiffusion
from studio.engine.families.text_to_image import TextToImage
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.engine.model import Model
from studio.engine.model_error import ModelError
from studio.engine.nets.autoencoder import FirstStage
from studio.engine.nets.unet import UNet
from studio.engine.parts import PartKind
from studio.engine.pipelines.model import PipelineModel


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
            self.model: Model | PipelineModel = done.value

    @property
    def config(self) -> Any:
        """What is known of the model: its name, family, defaults and networks."""
        return self.model.config

    @property
    def unet(self) -> UNet:
        """The denoiser: unet(x_t, t, context=..., concat=...), see nets.unet.UNet."""
        return cast(LatentDiffusion, self.model).unet

    @property
    def first_stage(self) -> FirstStage:
        """The autoencoder with encode and decode, whose latents are not scaled."""
        return cast(LatentDiffusion, self.model).first_stage

    def encode_prompt(self, prompts: Sequence[str]) -> Tensor:
        """The context [B, T, width] of B prompts; raises ModelError where there can be none."""
        if not isinstance(self.model, TextToImage):
            raise ModelError("This model has no published text encoder.", "Choose another model.")
        with torch.inference_mode():
            return self.model.encode_prompt(prompts)

    def get(self, model: str) -> Generator[Loading, None, Model | PipelineModel]:
        """This model, whatever it is called: what studio.generate asks of a library."""
        return self._models.get(self._model)

    def finder(self, kind: PartKind, model: str) -> Callable[[str], Path]:
        """As ``get``, for the parts that belong to a model."""
        return self._models.finder(kind, self._model)

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


def load(
    model: str | Path = DEFAULT_MODEL, device: str | None = None, prediction: str | None = None
) -> Painter:
    """Load a bundled model by name, or any by its folder or published file.

    ``device`` is such as "cpu" or "cuda"; ``prediction``, "eps" or "v", is for the published files
    that do not tell it.

    Raises ModelError, whose text is a sentence.
    """
    return Painter(str(model), ModelLibrary(device=device, prediction=prediction))
