"""Stable Diffusion's inpainting models, which also see a picture with a hole."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.denoiser import Condition
from studio.engine.families.latent_diffusion import normalised
from studio.engine.families.text_to_image import StableDiffusion
from studio.engine.model import Conditioned
from studio.engine.nets.autoencoder import DiagonalGaussian


@dataclass(frozen=True, kw_only=True, eq=False)
class StableInpainting(StableDiffusion):
    """A prompt fills the whole picture, as a hole that leaves nothing of it."""

    def conditions(self, request: GenerateRequest) -> Conditioned:
        told = super().conditions(request)
        concat = self.hole(request.size)

        def with_hole(condition: Condition) -> Condition:
            return replace(condition, concat=concat)

        return replace(
            told,
            given=with_hole(told.given),
            dropped=with_hole(told.dropped) if told.dropped else None,
        )

    def hole(self, size: Size) -> Tensor:
        """What the U-Net is given for a picture to be filled everywhere: one channel of ones, then
        the latent of a grey picture; [1, 1 + C, h, w].
        """
        _, _, h, w = self.latent_shape(size)
        grey = torch.zeros(1, 3, h * self.factor, w * self.factor, device=self.device)
        encoded = self.first_stage.encode(grey)
        z = encoded.mode() if isinstance(encoded, DiagonalGaussian) else encoded
        latent = normalised(z.float(), self.config.first_stage)
        return torch.cat([torch.ones_like(latent[:, :1]), latent], dim=1)
