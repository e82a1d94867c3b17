"""Stable Diffusion's inpainting models, which also see the picture around the hole."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.families.concatenated import with_concat
from studio.engine.families.text_to_image import StableDiffusion
from studio.engine.model import Conditioned
from studio.engine.schedules import Grid
from studio.engine.source import to_repaint, to_tensor
from studio.engine.start import Check, Draw, Encoded, Start, Starter


@dataclass(frozen=True, kw_only=True, eq=False)
class StableInpainting(StableDiffusion):
    """A prompt fills what the mask leaves open, without a mask the whole picture.

    The U-Net takes behind its latent a channel with 1 where the hole is, then the latent of the
    picture whose hole is grey; nothing is held fast during the sampling.
    """

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        cells, around = self.seen(request)
        drawn_from = replace(request, mask=None)
        if request.strength == 1:  # then nothing of the source is left to begin with
            drawn_from = replace(request, source=None, mask=None, strength=None)
        begin = super().starter(drawn_from, conditioned)

        def start(grid: Grid, draw: Draw, check: Check) -> Start:
            begun = begin(grid, draw, check)
            return with_concat(begun, torch.cat([cells, around.drawn(draw)], dim=1))

        return start

    def seen(self, request: GenerateRequest) -> tuple[Tensor, Encoded]:
        """The hole [1, 1, h, w], 1 where it is, and the latent of what lies around it."""
        filled = self.filled(request.size)
        if request.source is None:
            return self._hole_everywhere(request.size)
        picture = to_tensor(request.source, filled, self.device)
        repaint = torch.ones_like(picture[:, :1], dtype=torch.bool)
        if request.mask is not None:
            repaint = to_repaint(request.mask, filled, self.device)
        cells = F.interpolate(repaint.float(), scale_factor=1 / self.factor)
        return cells, self.encoded(picture * ~repaint)

    def _hole_everywhere(self, size: Size) -> tuple[Tensor, Encoded]:
        _, _, h, w = self.latent_shape(size)
        grey = torch.zeros(1, 3, h * self.factor, w * self.factor, device=self.device)
        return torch.ones(1, 1, h, w, device=self.device), Encoded(self.encoded(grey).mean)
