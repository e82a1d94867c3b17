"""What every latent diffusion model does alike, whatever steers it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.conditioning.label_map import resized
from studio.engine.denoiser import Condition, Known
from studio.engine.lora.changeable import Changeable
from studio.engine.model import Conditioned, ModelFacts
from studio.engine.model_config import DenoiserConfig, FirstStageConfig
from studio.engine.nets.autoencoder import AutoencoderConfig, DiagonalGaussian, FirstStage
from studio.engine.nets.unet import UNet
from studio.engine.pixels import frozen, to_pixels
from studio.engine.schedules import Grid, Schedule
from studio.engine.source import to_repaint, to_tensor, touched
from studio.engine.start import Check, Draw, Encoded, Start, Starter, noised, partly_noised
from studio.engine.tiling import tiled

_DECODING_BYTES = 2**30
"""The feature maps of a decoder may take about this much; larger pictures are decoded in tiles."""
_OVERLAP = 16


class LatentConfig(ModelFacts, Protocol):
    """A model's facts and what its U-Net and first stage are."""

    @property
    def denoiser(self) -> DenoiserConfig:
        """The U-Net and its training."""

    @property
    def first_stage(self) -> FirstStageConfig:
        """The autoencoder and the scale of its latents."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LatentDiffusion:
    """The part of Model that needs neither conditions nor previews. Sides that the U-Net cannot
    take are filled up to the next it can, and the picture is cut back.
    """

    config: LatentConfig
    unet: UNet
    first_stage: FirstStage
    device: torch.device

    @cached_property
    def schedule(self) -> Schedule:
        """The path from data to noise the U-Net was trained on."""
        return self.config.denoiser.schedule.schedule()

    @cached_property
    def changeable(self) -> Changeable:
        """See Model."""
        return Changeable({})

    @property
    def factor(self) -> int:
        """f: pixels per latent cell along each side."""
        return self.config.first_stage.autoencoder.factor

    def filled(self, size: Size) -> Size:
        """The size that the U-Net can take, at least as large."""
        multiple = self.factor * self.config.denoiser.unet.size_multiple
        return Size(
            math.ceil(size.width / multiple) * multiple,
            math.ceil(size.height / multiple) * multiple,
        )

    def latent_shape(self, size: Size) -> tuple[int, int, int, int]:
        filled = self.filled(size)
        channels = self.config.first_stage.autoencoder.embed_dim
        return 1, channels, filled.height // self.factor, filled.width // self.factor

    def encoded(self, x: Tensor) -> Encoded:
        """A picture [1, 3, H, W] in -1..1, of a filled size, as the model's latent."""
        config = self.config.first_stage
        told = self.first_stage.encode(x)
        if not isinstance(told, DiagonalGaussian):
            return Encoded(normalised(told.float(), config))
        std = told.mean.new_tensor(config.latent_std, dtype=torch.float32)[:, None, None]
        deviation = torch.exp(0.5 * told.logvar.float()) / std
        return Encoded(normalised(told.mean.float(), config), deviation)

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        """From noise; from the noised source; or from it with what the mask keeps held fast."""
        shape, size = self.latent_shape(request.size), request.size
        given, dropped = conditioned.given, conditioned.dropped
        if request.source is None:
            return lambda grid, draw, check: Start(x_t=draw(shape), given=given, dropped=dropped)
        filled = self.filled(size)
        source = self.encoded(to_tensor(request.source, filled, self.device))
        repaint = None
        if request.mask is not None:
            pixels = to_repaint(request.mask, filled, self.device)
            repaint = touched(pixels, self.factor)

        def start(grid: Grid, draw: Draw, check: Check) -> Start:
            z_0, eps = source.drawn(draw), draw(shape)
            if repaint is None:
                return Start(x_t=noised(grid, z_0, eps), given=given, dropped=dropped)
            known = Known(z_0=z_0, eps=eps, repaint=repaint)
            x_t = noised(grid, z_0, eps)
            if request.strength == 1:
                x_t = partly_noised(grid, known)
            return Start(x_t=x_t, given=given, dropped=dropped, known=known)

        return start

    def network(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        x = x_t if condition.concat is None else torch.cat([x_t, condition.concat], dim=1)
        return self.unet(x, t, condition.context)

    @property
    def decoding_tile(self) -> int:
        """The largest side of a latent that is decoded in one go; 0 = any."""
        return largest_tile(self.config.first_stage.autoencoder)

    def cut(self, x: Tensor, size: Size) -> Tensor:
        """A latent [B, C, h, w] without what was added to fill the size."""
        return x[:, :, : size.height // self.factor, : size.width // self.factor]

    def latent(self, x: Tensor, size: Size) -> np.ndarray:
        return frozen(self.cut(x, size)[0].contiguous())

    def decode(self, x_0: Tensor, size: Size, before_tile: Callable[[], None]) -> np.ndarray:
        """In one go, or, where that would take much memory and the first stage has no attention,
        in overlapping tiles; always in float32.
        """

        def decode_tile(z: Tensor) -> Tensor:
            before_tile()
            return self.first_stage.decode(z)

        z = denormalised(x_0.float(), self.config.first_stage)
        tile = self.decoding_tile
        if z.shape[2] * z.shape[3] <= tile**2 or tile == 0:
            x = decode_tile(z)
        else:
            x = tiled(decode_tile, z, factor=self.factor, tile=tile, overlap=_OVERLAP)
        return to_pixels(x[0, :, : size.height, : size.width])


def denormalised(x: Tensor, config: FirstStageConfig) -> Tensor:
    """A model latent [B, C, h, w] as the first stage's, x std + mean."""
    mean, std = x.new_tensor(config.latent_mean), x.new_tensor(config.latent_std)
    return x * std[:, None, None] + mean[:, None, None]


def normalised(z: Tensor, config: FirstStageConfig) -> Tensor:
    """A first stage's latent [B, C, h, w] as the model's, (z - mean) / std."""
    mean, std = z.new_tensor(config.latent_mean), z.new_tensor(config.latent_std)
    return (z - mean[:, None, None]) / std[:, None, None]


def largest_tile(config: AutoencoderConfig) -> int:
    """How many cells a side may have to be decoded in one go; 0 = any, as attention needs all."""
    if config.attention != "none":
        return 0
    width = config.channels * max(config.channel_mult[:2])
    maps_at_once, bytes_each = 3, 4
    per_cell = width * (config.factor // config.patch) ** 2 * maps_at_once * bytes_each
    return max(math.isqrt(_DECODING_BYTES // per_cell), 2 * _OVERLAP)


def covering(request: GenerateRequest, filled: Size) -> GenerateRequest:
    """The request for the filled size: its map fits the picture, then its edge is repeated."""
    if request.label_map is None or filled == request.size:
        return replace(request, size=filled)
    label_map = extended(resized(request.label_map, request.size), filled)
    return replace(request, size=filled, label_map=label_map)


def extended(label_map: np.ndarray, filled: Size) -> np.ndarray:
    """A map uint8 [H, W] with its edge repeated to the right and below up to the filled size."""
    rows, columns = filled.height - label_map.shape[0], filled.width - label_map.shape[1]
    return np.pad(label_map, ((0, rows), (0, columns)), mode="edge")
