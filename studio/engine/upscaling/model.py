"""A loaded upscaler: its networks' predictions on the small picture's grid."""

import copy
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from studio.contract.upscaling import NATIVE_SCALE, UpscaleMode, UpscaleRequest
from studio.engine.device import Device
from studio.engine.nets.upscaler import UpscalerNet
from studio.engine.schedules import Schedule
from studio.engine.skeleton import skeleton
from studio.engine.upscaling.config import UpscalerConfig
from studio.engine.upscaling.first_stage import ResidualFirstStage
from studio.engine.upscaling.order import PassOrder
from studio.engine.upscaling.passes import Pass
from studio.engine.weights import load_module

PARTS = ("faithful", "vivid", "first_stage")


@dataclass(frozen=True, kw_only=True, eq=False)
class Upscaler:
    """``networks``: by character and dtype; ``first_stage`` computes in float32."""

    config: UpscalerConfig
    networks: dict[tuple[str, torch.dtype], UpscalerNet]
    first_stage: ResidualFirstStage
    schedule: Schedule
    device: Device

    native = NATIVE_SCALE
    bytes_per_cell = 4096
    # What tiles share is computed twice: 5 % with these. From about 400 on their maps profit less
    # from the processor's caches (32 MB), which costs more.
    largest_tile = 352
    enlarges_alpha = True

    @classmethod
    def load(
        cls, folder: Path, config: UpscalerConfig, device: Device
    ) -> Generator[float, None, Self]:
        """Yields the loaded fraction; raises WeightsError."""
        with skeleton():
            faithful, vivid = UpscalerNet(config.network), UpscalerNet(config.network)
        first_stage = ResidualFirstStage()
        loaded = zip(PARTS, (faithful, vivid, first_stage), strict=True)
        for number, (name, module) in enumerate(loaded, start=1):
            load_module(module, folder / f"{name}.safetensors", device.device)
            module.eval().requires_grad_(False)
            yield number / len(PARTS)
        networks = {}
        for name, network in (("faithful", faithful), ("vivid", vivid)):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            networks[name, torch.float32] = network
            if (fast := fast_dtype(device)) != torch.float32:
                networks[name, fast] = copy.deepcopy(network).to(fast)
        return cls(
            config=config,
            networks=networks,
            first_stage=first_stage,
            schedule=config.schedule.schedule(),
            device=device,
        )

    def evaluations(self, request: UpscaleRequest) -> int:
        return 1 + (len(self.config.vivid_times) if _vivid(request) else 0)

    def notices(self, request: UpscaleRequest, tiles: int) -> tuple[str, ...]:
        return ()

    def one_pass(self, order: PassOrder) -> Pass:
        """An alpha channel is always made as Faithful makes it, without repair."""
        request = order.request
        # 8-bit results hide what bf16 rounds away, finer ones do not.
        deep = request.pixels.dtype != np.uint8
        return Pass(
            model=self,
            order=order,
            strength=_vivid(request) if order.colour else 0.0,
            repair=request.repair if order.colour else 0.0,
            dtype=torch.float32 if deep else fast_dtype(self.device),
        )

    def mean(self, picture: Tensor, repair: float, dtype: torch.dtype) -> Tensor:
        """Faithful: the mean latent [1, 48, h, w] of what ``picture`` [1, 3, h, w] may stand for.

        The network is told that all of the latent is noise, and given none.
        """
        nothing = picture.new_zeros(1, self.config.network.latent, *picture.shape[2:])
        return self._predict("faithful", nothing, picture, 1.0, repair, dtype)

    def sharpen(
        self, x_t: Tensor, picture: Tensor, time: float, repair: float, dtype: torch.dtype
    ) -> Tensor:
        """Vivid: a clean latent for the noisy one [1, 48, h, w] at ``time`` of the schedule."""
        return self._predict("vivid", x_t, picture, time, repair, dtype)

    def noised(self, x_0: Tensor, eps: Tensor, time: float) -> Tensor:
        """x_t = alpha x_0 + sigma eps at ``time``, a share of the schedule."""
        alpha, sigma = self.schedule.at(self.schedule.time(time))
        return alpha * x_0 + sigma * eps

    def _predict(
        self,
        character: str,
        x_t: Tensor,
        picture: Tensor,
        time: float,
        repair: float,
        dtype: torch.dtype,
    ) -> Tensor:
        network = self.networks[character, dtype]
        given = [
            part.to(self.device.device, dtype, memory_format=torch.channels_last)
            for part in (x_t, picture)
        ]
        told = [torch.full((1,), value, device=self.device.device) for value in (time, repair)]
        return network(*given, *told).float()


def _vivid(request: UpscaleRequest) -> float:
    return request.strength if request.mode is UpscaleMode.VIVID else 0.0


def fast_dtype(device: Device) -> torch.dtype:
    """The device's, but float32 on a CPU: whether bf16 pays there is measured anew at every start,
    and Faithful gives the same pixels every time.
    """
    return torch.float32 if device.device.type == "cpu" else device.dtype
