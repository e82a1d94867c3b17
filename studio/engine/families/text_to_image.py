"""Models steered by a prompt: Stable Diffusion and latent diffusion's own text-to-image models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, cast

from torch import Tensor, nn

from studio.contract.catalog import Capability
from studio.contract.request import GenerateRequest
from studio.engine.conditioning.prompt import PromptCondition
from studio.engine.conditioning.reading import Reading
from studio.engine.families.published import PICTURES, PublishedModel, ignored_notices
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults
from studio.engine.nets.text_transformer import ClipText, TextTransformer


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

    @property
    def changeable(self) -> Mapping[str, nn.Module]:
        """The U-Net, and the text encoder where it is CLIP's."""
        assert self.conditioner is not None
        return {"unet": self.unet, "text": self.conditioner}

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
