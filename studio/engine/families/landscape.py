"""The landscape family: one denoiser steered by text, by a label map, by both or by neither."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.conditioning import CONDITIONS
from studio.engine.conditioning.label_map import MapCondition, resized
from studio.engine.conditioning.reading import Reading
from studio.engine.conditioning.text import TextCondition
from studio.engine.denoiser import Condition
from studio.engine.device import Device
from studio.engine.model import Conditioned
from studio.engine.model_config import FirstStageConfig, ModelConfig
from studio.engine.nets.autoencoder import AutoencoderConfig, KLAutoencoder, VQAutoencoder
from studio.engine.nets.preview import PreviewDecoder
from studio.engine.nets.unet import UNet
from studio.engine.pixels import frozen, to_pixels
from studio.engine.previews import previews
from studio.engine.skeleton import skeleton
from studio.engine.tiling import tiled
from studio.engine.weights import load_module

FirstStage = KLAutoencoder | VQAutoencoder

_DECODING_BYTES = 2**30
"""The feature maps of a decoder may take about this much; larger pictures are decoded in tiles."""
_OVERLAP = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Landscape:
    """See Model. Latents are normalised per channel; sides that the U-Net cannot take are filled
    up to the next it can, and the picture is cut back.
    """

    config: ModelConfig
    unet: UNet
    first_stage: FirstStage
    preview_decoder: PreviewDecoder
    encoders: dict[str, TextCondition | MapCondition]
    device: torch.device

    def __post_init__(self) -> None:
        object.__setattr__(self, "schedule", self.config.denoiser.schedule.schedule())

    @classmethod
    def load(
        cls, folder: Path, config: ModelConfig, device: Device
    ) -> Generator[float, None, Self]:
        """Yields the loaded fraction; raises WeightsError and ConfigError."""
        where = device.device
        with skeleton():
            unet = UNet(config.denoiser.unet)
            first_stage = first_stage_of(config.first_stage.autoencoder)
            preview_decoder = PreviewDecoder(config.preview)
        load_module(unet, folder / "denoiser.safetensors", where, device.dtype)
        yield 0.6
        load_module(first_stage, folder / "first_stage.safetensors", where)
        yield 0.9
        load_module(preview_decoder, folder / "preview.safetensors", where)
        encoders = {
            key: CONDITIONS[key].load(folder, getattr(config, key), where)
            for key in config.capabilities
        }
        for network in (unet, first_stage, preview_decoder):
            _for_inference(network)
        yield 1.0
        return cls(
            config=config,
            unet=unet,
            first_stage=first_stage,
            preview_decoder=preview_decoder,
            encoders=encoders,
            device=where,
        )

    @property
    def factor(self) -> int:
        """f: pixels per latent cell along each side."""
        return self.config.first_stage.autoencoder.factor

    def conditions(self, request: GenerateRequest) -> Conditioned:
        filled = self._filled(request.size)
        readings = {
            key: encoder.read(
                _covering(request, filled), drop=key in self.config.defaults.guidance_drops
            )
            for key, encoder in self.encoders.items()
        }
        given = _merged([reading.given for reading in readings.values()])
        differs = any(reading.dropped for reading in readings.values())
        dropped = _merged([reading.dropped or reading.given for reading in readings.values()])
        return Conditioned(
            given=given,
            dropped=dropped if differs else None,
            notices=(*self._ignored(request), *_all(readings, "notices")),
            unknown_words=_all(readings, "unknown_words"),
        )

    def _ignored(self, request: GenerateRequest) -> list[str]:
        notices = []
        if "text" not in self.encoders and (request.prompt or request.negative_prompt):
            notices.append("This model cannot read: the prompt has no effect.")
        if "map" not in self.encoders and request.label_map is not None:
            notices.append("This model takes no label map: the map has no effect.")
        return notices

    def _filled(self, size: Size) -> Size:
        multiple = self.factor * self.config.denoiser.unet.size_multiple
        return Size(
            math.ceil(size.width / multiple) * multiple,
            math.ceil(size.height / multiple) * multiple,
        )

    def latent_shape(self, size: Size) -> tuple[int, int, int, int]:
        filled = self._filled(size)
        channels = self.config.first_stage.autoencoder.embed_dim
        return 1, channels, filled.height // self.factor, filled.width // self.factor

    def network(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        x = x_t if condition.concat is None else torch.cat([x_t, condition.concat], dim=1)
        return self.unet(x, t, condition.context)

    def _cut(self, x: Tensor, size: Size) -> Tensor:
        return x[:, :, : size.height // self.factor, : size.width // self.factor]

    def latent(self, x: Tensor, size: Size) -> np.ndarray:
        return frozen(self._cut(x, size)[0].contiguous())

    def previews(self, x_t: Tensor, x_0: Tensor, size: Size) -> tuple[np.ndarray, np.ndarray]:
        return previews(self.preview_decoder, self._cut(x_t, size), self._cut(x_0, size))

    def decode(self, x_0: Tensor, size: Size, before_tile: Callable[[], None]) -> np.ndarray:
        """In one go, or, where that would take much memory and the first stage has no attention,
        in overlapping tiles; always in float32.
        """

        def decode_tile(z: Tensor) -> Tensor:
            before_tile()
            return self.first_stage.decode(z)

        z = denormalised(x_0.float(), self.config.first_stage)
        tile = largest_tile(self.config.first_stage.autoencoder)
        if z.shape[2] * z.shape[3] <= tile**2 or tile == 0:
            x = decode_tile(z)
        else:
            x = tiled(decode_tile, z, factor=self.factor, tile=tile, overlap=_OVERLAP)
        return to_pixels(x[0, :, : size.height, : size.width])


def _for_inference(network: nn.Module) -> None:
    network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def first_stage_of(config: AutoencoderConfig) -> FirstStage:
    """A first stage with random weights: with a codebook when the config has one, else KL."""
    return KLAutoencoder(config) if config.n_embed is None else VQAutoencoder(config)


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


def _covering(request: GenerateRequest, filled: Size) -> GenerateRequest:
    """The request for the filled size: its map fits the picture, then its edge is repeated."""
    if request.label_map is None or filled == request.size:
        return replace(request, size=filled)
    label_map = resized(request.label_map, request.size)
    rows, columns = filled.height - request.size.height, filled.width - request.size.width
    return replace(
        request, size=filled, label_map=np.pad(label_map, ((0, rows), (0, columns)), mode="edge")
    )


def _merged(parts: list[Condition]) -> Condition:
    def first(name: str) -> Tensor | None:
        return next((value for part in parts if (value := getattr(part, name)) is not None), None)

    return Condition(context=first("context"), concat=first("concat"))


def _all(readings: dict[str, Reading], name: str) -> tuple[str, ...]:
    return tuple(item for reading in readings.values() for item in getattr(reading, name))
