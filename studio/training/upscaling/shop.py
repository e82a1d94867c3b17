"""What both characters' training shares: the folder, the batches, the first stage, precision."""

import dataclasses
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.upscaling import NATIVE_SCALE
from studio.engine.device import bf16_pays
from studio.engine.model_config import FORMAT
from studio.engine.nets.upscaler import UpscalerNet
from studio.engine.upscaling.config import FAMILY
from studio.engine.upscaling.first_stage import (
    CHANNELS,
    ResidualFirstStage,
    bicubic_cells,
    without_drift,
)
from studio.engine.weights import load_module, save_module
from studio.training.data import as_images
from studio.training.stages import TrainingFolder
from studio.training.upscaling.pictures import check_crop, make_pictures, pairs
from studio.training.upscaling.recipe import UpscalerRecipe

_SAMPLES = 512
"""Crops that the principal components are computed from."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """``cells`` [B, 48, h, w]: the large pictures; ``base``: the bicubic ones; ``small``
    [B, 3, h, w]; all in -1..1 float32; ``repair`` [B] in 0..1.
    """

    cells: Tensor
    base: Tensor
    small: Tensor
    repair: Tensor

    @property
    def residual(self) -> Tensor:
        """What bicubic lacks."""
        return self.cells - self.base


@dataclass(frozen=True, kw_only=True)
class UpscalerShop(TrainingFolder):
    """Where an upscaler is made; ``pictures/`` holds what it learns from."""

    recipe: UpscalerRecipe

    def batches(self, batch: int, crop: int, seed: int) -> Iterator[Batch]:
        """Random batches without end, on the device."""
        check_crop(crop, self.recipe.pictures)
        pictures = make_pictures(self.directory / "pictures", self.recipe.pictures)
        stream = pairs(pictures, np.random.default_rng(seed), crop, self.recipe.damage.clean)
        while True:
            large, small, repair = zip(*(next(stream) for _ in range(batch)), strict=True)
            yield self._batch(np.stack(large), np.stack(small), np.array(repair, np.float32))

    def _batch(self, large: np.ndarray, small: np.ndarray, repair: np.ndarray) -> Batch:
        given = as_images(small, self.device).contiguous(memory_format=torch.channels_last)
        return Batch(
            cells=F.pixel_unshuffle(as_images(large, self.device), NATIVE_SCALE),
            base=bicubic_cells(given),
            small=given,
            repair=torch.from_numpy(repair).to(self.device),
        )

    def precision(self) -> AbstractContextManager[object]:
        """bf16 where the device is faster with it."""
        fast = self.device.type == "cuda" or (self.device.type == "cpu" and bf16_pays())
        return torch.autocast(self.device.type, torch.bfloat16, enabled=fast)

    def new_first_stage(self) -> ResidualFirstStage:
        """Principal components of residuals, with their deviations."""
        crop = self.recipe.faithful.crop
        batches = self.batches(32, crop, self.recipe.seed)
        samples = [next(batches).residual.cpu() for _ in range(_SAMPLES // 32)]
        vectors = torch.cat(samples).movedim(1, -1).flatten(0, 2).double()
        values, basis = torch.linalg.eigh(vectors.T @ vectors / len(vectors))
        stage = ResidualFirstStage()
        stage.basis.copy_(basis.flip(1))
        stage.std.copy_(values.flip(0).clamp(min=1e-8).sqrt())
        return stage.to(self.device)

    def save_first_stage(self, stage: ResidualFirstStage) -> None:
        """Into the model folder, in float32: it is small, and its basis orthonormal."""
        save_module(stage, self.model / "first_stage.safetensors", dtype=torch.float32)

    def trained(self) -> tuple[UpscalerNet, ResidualFirstStage]:
        """Faithful's network and the first stage, frozen; ValueError when there are none yet."""
        path = self.model / "faithful.safetensors"
        if not path.exists():
            raise ValueError("Vivid begins with Faithful's weights; train Faithful first.")
        network, stage = self.new_network(), ResidualFirstStage()
        load_module(network, path, self.device)
        load_module(stage, self.model / "first_stage.safetensors", self.device)
        return network.eval().requires_grad_(False), stage

    def new_network(self) -> UpscalerNet:
        """With random weights, on the device."""
        network = UpscalerNet(self.recipe.network).to(self.device)
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def write_model_config(self, **more: float) -> None:
        """The model's config.json, as the recipe says, with what training found out."""
        self.write_config(
            format=FORMAT,
            family=FAMILY,
            name=self.recipe.name,
            licence="Apache-2.0",
            network=dataclasses.asdict(self.recipe.network),
            vivid_times=list(self.recipe.vivid.times),
            **more,
        )


def residual_cells(stage: ResidualFirstStage, z: Tensor) -> Tensor:
    """What the engine makes of a latent [B, 48, h, w]: residual cells without colour drift."""
    return without_drift(stage.cells(z.float()))


def no_latent(batch: Batch) -> Tensor:
    """The latent that tells nothing, [B, 48, h, w]."""
    return torch.zeros_like(batch.small[:, :1]).expand(-1, CHANNELS, -1, -1)
