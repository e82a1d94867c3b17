"""What every stage of training shares: the work folder, the device, batches, picture and mood."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from studio.engine.device import bf16_pays
from studio.engine.weights import load_module, read_metadata, save_module
from studio.training.config import Recipe
from studio.training.data import WorldData
from studio.training.run import Run, Stateful
from studio.training.segmenter import Segmenter
from studio.worlds.scene import SEASONS, TERRAINS, TIMES, WEATHERS


@dataclass(frozen=True, kw_only=True)
class TrainingFolder:
    """One folder a stage, and ``model/``, the model as it stands."""

    directory: Path
    device: torch.device
    minutes: float
    resume: bool
    start: Path | None = None  # model folder whose weights a stage begins with

    @property
    def model(self) -> Path:
        """The model folder that the stages fill."""
        path = self.directory / "model"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def stage(self, name: str) -> Path:
        """The folder of one stage's checkpoint and metrics."""
        return self.directory / name

    def run(self, name: str, keep: Mapping[str, Stateful]) -> Run:
        """The time-boxed run of one stage, whose checkpoints hold ``keep``."""
        return Run(
            self.stage(name),
            minutes=self.minutes,
            keep=keep,
            resume=self.resume,
            device=self.device,
        )

    def read_config(self) -> dict[str, Any]:
        """The model's config.json as it stands, {} before the first stage."""
        return read_config(self.model) if (self.model / "config.json").exists() else {}

    def write_config(self, **sections: Any) -> None:
        """Merge sections into the model's config.json, atomically."""
        part = self.model / "config.json.part"
        text = json.dumps({**self.read_config(), **sections}, indent=1, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")
        os.replace(part, self.model / "config.json")

    def save(self, module: nn.Module, name: str, **metadata: str) -> None:
        """Write a module's weights into the model folder as fp16 safetensors."""
        path = self.model / f"{name}.safetensors"
        save_module(module, path, dtype=torch.float16, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Workshop(TrainingFolder):
    """Where a landscape model is made; ``data/`` holds its worlds."""

    recipe: Recipe

    def data(self) -> WorldData:
        """The rendered worlds; ValueError when there are none yet."""
        if not (self.directory / "data" / "done.npy").exists():
            raise ValueError("There is no training data yet; run `latent-studio train data` first.")
        return WorldData(self.directory / "data")

    def segmenter(self) -> Segmenter:
        """The trained segmenter, frozen, on the device; ValueError when it is not there yet."""
        return load_segmenter(self.model, self.device)


def read_config(folder: Path) -> dict[str, Any]:
    """The config.json of a model folder."""
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def best_device() -> torch.device:
    """CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def mixed_precision(device: torch.device) -> torch.autocast:
    """A context in which networks compute in bf16 where that pays; the weights stay float32."""
    pays = device.type == "cuda" or (device.type == "cpu" and bf16_pays())
    return torch.autocast(device.type, torch.bfloat16, enabled=pays)


def load_segmenter(folder: Path, device: torch.device | str = "cpu") -> Segmenter:
    """The segmenter of a model folder, frozen, in float32; ValueError when there is none."""
    path = folder / "segmenter.safetensors"
    if not path.exists():
        raise ValueError(f"{folder} has no segmenter; run `latent-studio train segmenter` first.")
    module = Segmenter(**json.loads(read_metadata(path)["config"]))
    load_module(module, path, device=device, dtype=torch.float32)
    return module.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]


MOODS: dict[str, list[str]] = {
    "season": sorted(SEASONS),
    "terrain": sorted(TERRAINS),
    "time": sorted(TIMES),
    "weather": sorted(WEATHERS),
}
"""Attribute of a scene -> every value it can take, in the order of the segmenter's outputs."""


def batch_rows(generator: torch.Generator, rows: int, batch: int) -> np.ndarray:
    """int64 [batch] of random row numbers, sorted for the disk's sake."""
    return np.sort(torch.randint(rows, (batch,), generator=generator).numpy())


def warm_cosine(step: int, seconds: float, minutes: float, warm_up: int) -> float:
    """Learning-rate factor: linear warm-up, flat, then a cosine to 0.05 over the last third.

    The end is measured in time, because a run is boxed by time, not by steps.
    """
    warm = min(1.0, (step + 1) / max(1, warm_up))
    progress = min(1.0, seconds / max(1e-9, minutes * 60))
    tail = max(0.0, (progress - 2 / 3) * 3)
    return warm * (0.05 + 0.95 * 0.5 * (1 + float(np.cos(np.pi * tail))))
