"""The models of faces, bedrooms and churches, which nothing steers."""

from dataclasses import dataclass
from typing import ClassVar

from studio.contract.catalog import Capability
from studio.contract.request import GenerateRequest
from studio.engine.denoiser import Condition
from studio.engine.families.published import PICTURES, PublishedModel, ignored_notices
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults


@dataclass(frozen=True, kw_only=True, eq=False)
class Unconditional(PublishedModel):
    """Every seed is another picture of the one kind."""

    capabilities: ClassVar[tuple[Capability, ...]] = PICTURES
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=1.0, sampler="ddim", spacing="leading", guidance_drops=()
    )

    def conditions(self, request: GenerateRequest) -> Conditioned:
        notices = ignored_notices(request, text=False, label_map=False)
        return Conditioned(given=Condition(), dropped=None, notices=tuple(notices))
