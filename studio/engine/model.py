"""What a loaded model is to the rest of the engine."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from studio.contract.catalog import Capability
from studio.contract.events import Loading
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.denoiser import Condition
from studio.engine.lora.changeable import Changeable
from studio.engine.model_config import Defaults
from studio.engine.parts import PartKind
from studio.engine.schedules import Schedule
from studio.engine.start import Starter

if TYPE_CHECKING:
    from studio.engine.pipelines.model import PipelineModel


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditioned:
    """A request's conditions: ``given`` steers, ``dropped`` is guidance's other half or None when
    it would be the same. ``notices`` and ``unknown_words`` are for the person.
    """

    given: Condition
    dropped: Condition | None
    notices: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()


class ModelFacts(Protocol):
    """What a job needs to know of a model before and while it runs."""

    @property
    def prediction(self) -> str:
        """What the network's output means, a key of PARAMETERISATIONS."""

    @property
    def defaults(self) -> Defaults:
        """What a request's None stands for."""

    @property
    def size_multiple(self) -> int:
        """Sides of pictures must be multiples of this."""

    @property
    def uses(self) -> tuple[Capability, ...]:
        """What of a request has an effect."""


class Model(Protocol):
    """A loaded model. All arrays and tensors of one image; sizes are those of the picture."""

    @property
    def config(self) -> ModelFacts:
        """What is known of it."""

    @property
    def schedule(self) -> Schedule:
        """The path from data to noise it was trained on."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def changeable(self) -> Changeable:
        """The networks that LoRA files may change; the same object every time."""

    def conditions(self, request: GenerateRequest) -> Conditioned:
        """Encode what steers a picture of ``request.size``."""

    def latent_shape(self, size: Size) -> tuple[int, int, int, int]:
        """The shape [1, C, h, w] in which a picture of that size is denoised."""

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        """What begins each image of a request whose source and mask fit its size."""

    def network(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        """The raw denoiser, see denoiser.Network."""

    def latent(self, x: Tensor, size: Size) -> np.ndarray:
        """The part of a latent that belongs to the picture, read-only float32 [C, h, w]."""

    def previews(self, x_t: Tensor, x_0: Tensor, size: Size) -> tuple[np.ndarray, np.ndarray]:
        """Small read-only uint8 pictures [h', w', 3] of both."""

    def decode(self, x_0: Tensor, size: Size, before_tile: Callable[[], None]) -> np.ndarray:
        """The picture, read-only uint8 [H, W, 3]; ``before_tile`` runs before each part of the
        work and may raise to stop it.
        """


class Models(Protocol):
    """Where a job finds its model."""

    def get(self, model: str) -> "Generator[Loading, None, Model | PipelineModel]":
        """The model by its name or path; yields the progress of loading, raises ModelError."""

    def finder(self, kind: PartKind, model: str) -> Callable[[str], Path]:
        """A function from the name or path of a part for that model to its file."""
