"""Stable Diffusion's depth model, whose U-Net sees how near things are."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.catalog import Capability
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.families.concatenated import with_concat
from studio.engine.families.text_to_image import StableDiffusion
from studio.engine.model import Conditioned
from studio.engine.schedules import Grid
from studio.engine.start import Check, Draw, Start, Starter


@dataclass(frozen=True, kw_only=True, eq=False)
class StableDepth(StableDiffusion):
    """The depth picture is the person's own: no network that guesses depth comes with the studio,
    and the one in some of the files is not used.
    """

    capabilities: ClassVar[tuple[Capability, ...]] = (
        *StableDiffusion.capabilities, Capability.DEPTH
    )  # fmt: skip
    needs: ClassVar[tuple[Capability, ...]] = (Capability.DEPTH,)

    def conditions(self, request: GenerateRequest) -> Conditioned:
        told = super().conditions(request)
        assert request.depth is not None
        if request.depth.min() != request.depth.max():
            return told
        flat = "The depth picture is of one grey: it tells nothing."
        return replace(told, notices=(*told.notices, flat))

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        begin = super().starter(request, conditioned)
        assert request.depth is not None
        depth = self.depth(request.depth)

        def start(grid: Grid, draw: Draw, check: Check) -> Start:
            return with_concat(begin(grid, draw, check), depth)

        return start

    def depth(self, pixels: np.ndarray) -> Tensor:
        """uint8 [H, W] of the picture's size as the U-Net sees it: [1, 1, h, w], -1 the farthest
        and 1 the nearest cell there is.
        """
        height, width = pixels.shape
        size = self.filled(Size(width, height))
        x = torch.tensor(pixels, device=self.device)[None, None].float()
        x = F.pad(x, (0, size.width - width, 0, size.height - height), mode="replicate")
        cells = (size.height // self.factor, size.width // self.factor)
        x = F.interpolate(x, size=cells, mode="bicubic", align_corners=False)
        low, high = x.min(), x.max()
        return torch.zeros_like(x) if low == high else 2 * (x - low) / (high - low) - 1
