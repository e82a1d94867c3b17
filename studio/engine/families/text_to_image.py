"""Models steered by a prompt: Stable Diffusion and latent diffusion's own text-to-image models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, cast

import numpy as np
import torch
from torch import Tensor

from studio.contract.catalog import Capability
from studio.contract.geometry import Size
from studio.contract.materials import UNLABELLED
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.description import Description
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.conditioning.label_map import resized
from studio.engine.conditioning.prompt import PromptCondition
from studio.engine.conditioning.reading import Reading
from studio.engine.denoiser import Condition
from studio.engine.families.latent_diffusion import covering
from studio.engine.families.published import PICTURES, PublishedModel, ignored_notices
from studio.engine.families.segmentation_control import (
    SegmentationControl,
    painted,
    segmentation_control,
)
from studio.engine.families.tiny_preview import load_tiny_decoder, tiny_previews
from studio.engine.lora.changeable import Changeable
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.model_error import ModelError
from studio.engine.nets.preview import TinyDecoder
from studio.engine.nets.text_transformer import ClipText, TextTransformer
from studio.engine.nets.unet import Control
from studio.engine.parts import Parts


@dataclass(frozen=True, kw_only=True, eq=False)
class TextToImage(PublishedModel):
    """Latent diffusion's text-to-image models, whose encoder was trained with them."""

    capabilities: ClassVar[tuple[Capability, ...]] = (
        Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE, Capability.LORA, *PICTURES,
    )  # fmt: skip
    defaults: ClassVar[Defaults] = Defaults(
        steps=50, guidance=5.0, sampler="ddim", spacing="leading", guidance_drops=("text",)
    )

    @cached_property
    def _prompts(self) -> PromptCondition:
        return PromptCondition(cast(ClipText | TextTransformer, self.conditioner), self.tokenizers)

    @cached_property
    def changeable(self) -> Changeable:
        """The U-Net, and the text encoder where it is CLIP's."""
        assert self.conditioner is not None
        return Changeable({"unet": self.unet, "text": self.conditioner})

    def encode_prompt(self, prompts: Sequence[str]) -> Tensor:
        """The context [B, T, width] of B prompts, float32; raises ModelError."""
        return self._prompts.encode(prompts)

    def conditions(self, request: GenerateRequest) -> Conditioned:
        reading: Reading = self._prompts.read(request)
        return Conditioned(
            given=reading.given,
            dropped=reading.dropped,
            notices=(
                *ignored_notices(request, text=True, label_map=False),
                *reading.notices,
            ),
            unknown_words=reading.unknown_words,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class StableDiffusion(TextToImage):
    """Stable Diffusion 1.x and 2.x."""

    defaults: ClassVar[Defaults] = Defaults(
        steps=30, guidance=7.5, sampler="dpmpp_2m", spacing="trailing", guidance_drops=("text",)
    )

    @classmethod
    def gained(cls, told: Description, parts: Parts) -> tuple[Capability, ...]:
        assert told.unet is not None
        found = segmentation_control(parts, told.unet, told.first_stage.embed_dim)
        return () if found is None else (Capability.MAP, Capability.MAP_STRENGTH)

    @cached_property
    def _segmentation(self) -> SegmentationControl:
        return SegmentationControl(
            parts=self.parts,
            unet=self.config.denoiser.unet,
            latent_channels=self.config.first_stage.autoencoder.embed_dim,
            device=self.precision,
        )

    def conditions(self, request: GenerateRequest) -> Conditioned:
        if request.label_map is None:
            return super().conditions(request)
        try:
            net = self._segmentation.found()
        except CheckpointError as error:
            raise ModelError(str(error), "Get the ControlNet again, or take it away.") from error
        if net is None:
            told = super().conditions(request)
            return replace(told, notices=(*told.notices, _NO_CONTROL))
        told = super().conditions(replace(request, label_map=None))
        filled = self.filled(request.size)
        label_map = covering(request, filled).label_map
        assert label_map is not None
        hint = net.hint(painted(resized(label_map, filled), self.device))

        def hinted(condition: Condition) -> Condition:
            return replace(condition, hint=hint, hint_strength=request.map_strength)

        unlabelled = bool((request.label_map == UNLABELLED).any())
        return replace(
            told,
            given=hinted(told.given),
            dropped=hinted(told.dropped) if told.dropped else None,
            notices=(*told.notices, _UNLABELLED) if unlabelled else told.notices,
        )

    def previews(self, x_t: Tensor, x_0: Tensor, size: Size) -> tuple[np.ndarray, np.ndarray]:
        if self._tiny_decoder is None:
            return super().previews(x_t, x_0, size)
        both = torch.cat([self.cut(x_t, size), self.cut(x_0, size)])
        noisy, clean = tiny_previews(self._tiny_decoder, both)
        return noisy, clean

    @cached_property
    def _tiny_decoder(self) -> TinyDecoder | None:
        autoencoder = self.config.first_stage.autoencoder
        if (autoencoder.embed_dim, autoencoder.factor) != (4, 8):
            return None
        return load_tiny_decoder(self.parts, self.precision)

    def control(self, x_t: Tensor, t: Tensor, condition: Condition) -> Control | None:
        """See PublishedModel."""
        if condition.hint is None:
            return None
        net = self._segmentation.ready
        return net(x_t, t, condition.context, condition.hint, condition.hint_strength)


_NO_CONTROL = (
    "With a segmentation ControlNet for this model, such as control_v11p_sd15_seg, in a folder "
    "“controlnet” beside the model's, it can follow maps."
)
_UNLABELLED = "Parts of the map are unlabelled: there anything may appear."
