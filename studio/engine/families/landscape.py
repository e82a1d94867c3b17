"""The landscape family: one denoiser steered by text, by a label map, by both or by neither."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.conditioning import CONDITIONS
from studio.engine.conditioning.label_map import MapCondition
from studio.engine.conditioning.reading import Reading
from studio.engine.conditioning.text import TextCondition
from studio.engine.denoiser import Condition
from studio.engine.device import Device
from studio.engine.families.latent_diffusion import LatentDiffusion, covering
from studio.engine.model import Conditioned
from studio.engine.model_config import ModelConfig
from studio.engine.nets.autoencoder import first_stage_of
from studio.engine.nets.preview import PreviewDecoder
from studio.engine.nets.unet import UNet
from studio.engine.previews import previews
from studio.engine.skeleton import skeleton
from studio.engine.weights import load_module


@dataclass(frozen=True, kw_only=True, eq=False)
class Landscape(LatentDiffusion):
    """See Model. Latents are normalised per channel."""

    config: ModelConfig
    preview_decoder: PreviewDecoder
    encoders: dict[str, TextCondition | MapCondition]

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

    def conditions(self, request: GenerateRequest) -> Conditioned:
        filled = self.filled(request.size)
        readings = {
            key: encoder.read(
                covering(request, filled), drop=key in self.config.defaults.guidance_drops
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

    def previews(self, x_t: Tensor, x_0: Tensor, size: Size) -> tuple[np.ndarray, np.ndarray]:
        return previews(self.preview_decoder, self.cut(x_t, size), self.cut(x_0, size))


def _for_inference(network: nn.Module) -> None:
    network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _merged(parts: list[Condition]) -> Condition:
    def first(name: str) -> Tensor | None:
        return next((value for part in parts if (value := getattr(part, name)) is not None), None)

    return Condition(context=first("context"), concat=first("concat"))


def _all(readings: dict[str, Reading], name: str) -> tuple[str, ...]:
    return tuple(item for reading in readings.values() for item in getattr(reading, name))
