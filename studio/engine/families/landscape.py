"""The landscape family: one denoiser steered by text, by a label map, by both or by neither.

Where there is neither a map nor a picture to begin with, a small network of its own draws a coarse
map from the words, and the denoiser follows both.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
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
from studio.engine.families.latent_diffusion import LatentDiffusion, covering, extended
from studio.engine.layout import Layout
from studio.engine.model import Conditioned
from studio.engine.model_config import ModelConfig
from studio.engine.nets.autoencoder import first_stage_of
from studio.engine.nets.preview import PreviewDecoder
from studio.engine.nets.unet import UNet
from studio.engine.previews import previews
from studio.engine.schedules import Grid
from studio.engine.skeleton import skeleton
from studio.engine.start import Check, Draw, Start, Starter
from studio.engine.weights import load_module


@dataclass(frozen=True, kw_only=True, eq=False)
class Landscape(LatentDiffusion):
    """See Model. Latents are normalised per channel."""

    config: ModelConfig
    preview_decoder: PreviewDecoder
    encoders: dict[str, TextCondition | MapCondition]
    layout: Layout | None = None

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
        layout = None
        if config.layout is not None and config.map is not None:
            layout = Layout.load(folder, config.layout, config.map.labels, where)
        for network in (unet, first_stage, preview_decoder):
            _for_inference(network)
        yield 1.0
        return cls(
            config=config,
            unet=unet,
            first_stage=first_stage,
            preview_decoder=preview_decoder,
            encoders=encoders,
            layout=layout,
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

    def starter(self, request: GenerateRequest, conditioned: Conditioned) -> Starter:
        begin = super().starter(request, conditioned)
        layout = self.layout
        if layout is None or request.source is not None:
            return begin
        size, filled = request.size, self.filled(request.size)

        def start(grid: Grid, draw: Draw, check: Check) -> Start:
            # Drawn beside a painted map as well: with the map that the words became, a seed makes
            # the picture that it makes of the words.
            begun, noise = begin(grid, draw, check), draw(layout.shape)
            if request.label_map is not None:
                return begun
            return self._laid_out(begun, layout, noise, size, filled, check)

        return start

    def _laid_out(
        self, begun: Start, layout: Layout, noise: Tensor, size: Size, filled: Size, check: Check
    ) -> Start:
        """The same start with a map drawn from its words."""
        given, dropped = begun.given, begun.dropped
        assert given.context is not None
        label_map = layout.draw(
            noise, given.context, None if dropped is None else dropped.context, size, check
        )
        encoder = self.encoders["map"]
        assert isinstance(encoder, MapCondition)
        concat = encoder.concat(extended(label_map, filled))
        return replace(
            begun,
            given=replace(given, concat=concat),
            dropped=dropped or given,
            label_map=label_map,
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
