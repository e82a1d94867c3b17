"""ImageNet's class-conditional models, cin256 and cin256-v2."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from studio.contract.catalog import Capability
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.description import Description
from studio.engine.checkpoints.structure import ClassConfig
from studio.engine.denoiser import Condition
from studio.engine.families.published import PICTURES, PublishedModel, ignored_notices
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.model_error import ModelError
from studio.engine.nets.class_embedder import ClassEmbedder

CLASSES = 1000
"""ImageNet's; one row more in the table of classes stands for none, as guidance needs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassConditional(PublishedModel):
    """A class by its number, in ImageNet's order from 0."""

    capabilities: ClassVar[tuple[Capability, ...]] = (Capability.CLASS, *PICTURES)
    defaults: ClassVar[Defaults] = Defaults(
        steps=20, guidance=3.0, sampler="ddim", spacing="leading", guidance_drops=()
    )

    @classmethod
    def capabilities_of(cls, told: Description) -> tuple[Capability, ...]:
        guided = (Capability.GUIDANCE,) if _has_none(told) else ()
        return (*cls.capabilities, *guided)

    @classmethod
    def needs_of(cls, told: Description) -> tuple[Capability, ...]:
        return () if _has_none(told) else (Capability.CLASS,)

    @property
    def classes(self) -> int:
        """How many classes there are to choose from."""
        return min(self._embedder.embedding.num_embeddings, CLASSES)

    @property
    def _embedder(self) -> ClassEmbedder:
        return cast(ClassEmbedder, self.conditioner)

    @property
    def _has_none(self) -> bool:
        return self._embedder.embedding.num_embeddings > CLASSES

    def encode_classes(self, classes: Sequence[int]) -> Tensor:
        """The context [B, 1, width] of B classes."""
        return self._embedder(torch.tensor(classes, device=self.device))

    def conditions(self, request: GenerateRequest) -> Conditioned:
        chosen = request.class_id
        if chosen is None and not self._has_none:
            raise ModelError(
                f"This model makes pictures of one of {self.classes} classes.",
                f"Choose a class from 0 to {self.classes - 1}.",
            )
        if chosen is not None and chosen >= self.classes:
            raise ModelError(
                f"This model has no class {chosen}.", f"Choose one from 0 to {self.classes - 1}."
            )
        none = Condition(context=self.encode_classes([CLASSES])) if self._has_none else None
        notices = tuple(ignored_notices(request, text=False, label_map=False))
        if chosen is None:
            assert none is not None
            return Conditioned(given=none, dropped=None, notices=notices)
        given = Condition(context=self.encode_classes([chosen]))
        return Conditioned(given=given, dropped=none, notices=notices)


def _has_none(told: Description) -> bool:
    return isinstance(told.condition, ClassConfig) and told.condition.classes > CLASSES
