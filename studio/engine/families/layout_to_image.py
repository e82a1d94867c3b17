"""Layout-to-image models: boxes with the kinds of objects in them become a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from studio.contract.catalog import Capability
from studio.contract.request import Box, GenerateRequest
from studio.engine.conditioning.boxes import box_tokens
from studio.engine.denoiser import Condition
from studio.engine.families.published import PICTURES, PublishedModel, ignored_notices
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.model_error import ModelError
from studio.engine.nets.text_transformer import TextTransformer


@dataclass(frozen=True, kw_only=True, eq=False)
class LayoutToImage(PublishedModel):
    """The boxes' tokens go through a transformer that was trained with the U-Net."""

    capabilities: ClassVar[tuple[Capability, ...]] = (Capability.BOXES, *PICTURES)
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=1.0, sampler="ddim", spacing="leading", guidance_drops=()
    )

    def encode_boxes(self, boxes: Sequence[Box]) -> Tensor:
        """The context [1, T, width] of one picture's boxes; raises ModelError."""
        encoder = cast(TextTransformer, self.conditioner)
        config = encoder.config
        try:
            tokens = box_tokens(boxes, config.vocab_size, config.max_length)
        except ValueError as error:
            raise ModelError(str(error), "Change the boxes.") from error
        return encoder(torch.tensor([tokens], device=self.device))

    def conditions(self, request: GenerateRequest) -> Conditioned:
        notices = ignored_notices(request, text=False, label_map=False)
        if not request.boxes:
            notices.append("This model paints from boxes; without any anything may appear.")
        given = Condition(context=self.encode_boxes(request.boxes))
        return Conditioned(given=given, dropped=None, notices=tuple(notices))
