"""The paper's inpainting model, which repaints a hole after what lies around it."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F

from studio.contract.catalog import Capability
from studio.contract.request import GenerateRequest
from studio.engine.denoiser import Condition
from studio.engine.families.published import PublishedModel, ignored_notices
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.model_error import ModelError
from studio.engine.schedules import Grid
from studio.engine.source import to_repaint, to_tensor
from studio.engine.start import Check, Draw, Start, Starter


@dataclass(frozen=True, kw_only=True, eq=False)
class Inpainting(PublishedModel):
    """Behind the latent the U-Net takes that of the picture whose hole is black, then a channel
    with 1 in the hole and -1 around it. It begins from noise alone.
    """

    capabilities: ClassVar[tuple[Capability, ...]] = (Capability.MASK,)
    needs: ClassVar[tuple[Capability, ...]] = (Capability.MASK,)
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=1.0, sampler="ddim", spacing="leading", guidance_drops=()
    )

    def conditions(self, request: GenerateRequest) -> Conditioned:
        if request.source is None or request.mask is None:
            raise ModelError(
                "This model repaints a part of a picture, and knows neither which picture nor "
                "which part." if request.source is None else
                "This model repaints a part of the picture, and does not know which.",
                "Give it a picture and a mask that is white where it shall be repainted.",
            )  # fmt: skip
        notices = ignored_notices(request, text=False, label_map=False)
        return Conditioned(given=Condition(), dropped=None, notices=tuple(notices))

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        assert request.source is not None
        assert request.mask is not None
        filled, shape = self.filled(request.size), self.latent_shape(request.size)
        picture = to_tensor(request.source, filled, self.device)
        repaint = to_repaint(request.mask, filled, self.device)
        around = self.encoded(picture.masked_fill(repaint, -1))
        hole = F.interpolate(2 * repaint.float() - 1, scale_factor=1 / self.factor)

        def start(grid: Grid, draw: Draw, check: Check) -> Start:
            x_t = draw(shape)
            concat = torch.cat([around.drawn(draw), hole], dim=1)
            return Start(x_t=x_t, given=Condition(concat=concat), dropped=None)

        return start
