"""The landscapes models of the paper: a label map of 182 labels becomes a picture."""

from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
import torch

from studio.contract.catalog import Capability
from studio.contract.materials import UNLABELLED
from studio.contract.request import GenerateRequest
from studio.engine.conditioning.label_map import label_shares, resized
from studio.engine.denoiser import Condition
from studio.engine.families.latent_diffusion import covering
from studio.engine.families.published import PICTURES, PublishedModel, ignored_notices
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.nets.rescaler import SpatialRescaler


@dataclass(frozen=True, kw_only=True, eq=False)
class SemanticSynthesis(PublishedModel):
    """Every label has its channel; what is unlabelled has none. There is no guidance."""

    capabilities: ClassVar[tuple[Capability, ...]] = (Capability.MAP, *PICTURES)
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=1.0, sampler="ddim", spacing="leading", guidance_drops=()
    )

    def conditions(self, request: GenerateRequest) -> Conditioned:
        filled = self.filled(request.size)
        covered = covering(request, filled).label_map
        if covered is None:
            covered = np.full((filled.height, filled.width), UNLABELLED, np.uint8)
        label_map = resized(covered, filled)
        rescaler = cast(SpatialRescaler, self.conditioner)
        labels = rescaler.channel_mapper.in_channels
        maps = torch.tensor(label_map, device=self.device)[None]
        shares = label_shares(maps, range(labels), 2**rescaler.n_stages)[:, :labels]
        concat = rescaler.channel_mapper(shares.to(rescaler.channel_mapper.weight.dtype))
        notices = ignored_notices(request, text=False, label_map=True)
        if request.label_map is None:
            notices.append("This model paints from a label map; without one anything may appear.")
        elif int((request.label_map == UNLABELLED).sum()):
            notices.append("Parts of the map are unlabelled: there anything may appear.")
        return Conditioned(given=Condition(concat=concat), dropped=None, notices=tuple(notices))
