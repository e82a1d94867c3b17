"""Models that enlarge a picture, which their U-Net sees beside its latent."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from studio.contract.catalog import ENLARGEMENT, NOISE_LEVEL, Capability
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.denoiser import Condition
from studio.engine.families.concatenated import with_concat
from studio.engine.families.published import PublishedModel, ignored_notices
from studio.engine.families.text_to_image import StableDiffusion
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.schedules import Grid
from studio.engine.source import to_tensor
from studio.engine.start import Check, Draw, Start, Starter

_TILE = 128
"""Larger latents are decoded in tiles of so many cells, as the published models were run."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Enlarging(PublishedModel):
    """The first stage's cells are as large as the pixels of the picture to be enlarged, which is
    put behind the latent as it is.
    """

    @property
    def decoding_tile(self) -> int:
        return _TILE

    def small(self, request: GenerateRequest) -> Tensor:
        """The picture to be enlarged, [1, 3, h, w] in -1..1, its edge repeated to fill a latent."""
        assert request.source is not None
        filled = self.filled(request.size)
        small = Size(filled.width // ENLARGEMENT, filled.height // ENLARGEMENT)
        return to_tensor(request.source, small, self.device)


@dataclass(frozen=True, kw_only=True, eq=False)
class SuperResolution(Enlarging):
    """The paper's model bsr_sr."""

    capabilities: ClassVar[tuple[Capability, ...]] = (Capability.ENLARGE,)
    needs: ClassVar[tuple[Capability, ...]] = (Capability.ENLARGE,)
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=1.0, sampler="ddim", spacing="leading", guidance_drops=()
    )

    def conditions(self, request: GenerateRequest) -> Conditioned:
        notices = ignored_notices(request, text=False, label_map=False)
        given = Condition(concat=self.small(request))
        return Conditioned(given=given, dropped=None, notices=tuple(notices))

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        return super().starter(replace(request, source=None), conditioned)


@dataclass(frozen=True, kw_only=True, eq=False)
class StableUpscaler(Enlarging, StableDiffusion):
    """Stable Diffusion's x4 upscaler: it is told how much noise was added to the small picture."""

    capabilities: ClassVar[tuple[Capability, ...]] = (
        Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE, Capability.ENLARGE,
        Capability.NOISE_LEVEL,
    )  # fmt: skip
    needs: ClassVar[tuple[Capability, ...]] = (Capability.ENLARGE,)
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=9.0, sampler="ddim", spacing="leading", guidance_drops=("text",)
    )

    def conditions(self, request: GenerateRequest) -> Conditioned:
        told = super().conditions(request)
        level = NOISE_LEVEL if request.noise_level is None else request.noise_level
        y = torch.tensor([level], device=self.device)
        dropped = replace(told.dropped, y=y) if told.dropped else None
        return replace(told, given=replace(told.given, y=y), dropped=dropped)

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        begin = super().starter(replace(request, source=None), conditioned)
        small, y = self.small(request), conditioned.given.y
        assert y is not None
        assert self.config.low_scale is not None
        schedule = self.config.low_scale.schedule()

        def start(grid: Grid, draw: Draw, check: Check) -> Start:
            noisy = schedule.q_sample(small, y, draw(tuple(small.shape)))
            return with_concat(begin(grid, draw, check), noisy)

        return start
