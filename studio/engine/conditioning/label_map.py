"""A label map as a condition: each latent cell's share of every material, concatenated to x_t."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.materials import LABEL_BY_ID, UNLABELLED
from studio.contract.request import GenerateRequest
from studio.contract.wording import listed
from studio.engine.conditioning.reading import Reading
from studio.engine.denoiser import Condition
from studio.engine.model_config import MapConfig
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.skeleton import skeleton
from studio.engine.weights import load_module


def resized(label_map: np.ndarray, size: Size) -> np.ndarray:
    """The nearest label at every pixel of the new size; uint8 [H, W], no new labels."""
    height, width = label_map.shape
    rows = ((np.arange(size.height) + 0.5) * height / size.height).astype(np.intp)
    columns = ((np.arange(size.width) + 0.5) * width / size.width).astype(np.intp)
    return label_map[rows[:, None], columns]


def channel_of(labels: Sequence[int]) -> Tensor:
    """The channel of each of the 256 label values, int64; whatever is not in ``labels`` shares the
    last channel, "unlabelled".
    """
    table = torch.full((256,), len(labels), dtype=torch.int64)
    table[list(labels)] = torch.arange(len(labels))
    return table


def label_shares(maps: Tensor, labels: Sequence[int], factor: int) -> Tensor:
    """One-hot maps averaged over blocks of ``factor`` pixels, without building the one-hot maps.

    ``maps``: uint8 [B, H, W], H and W multiples of ``factor``; returns float32
    [B, len(labels) + 1, H / factor, W / factor], whose channels sum to 1.
    """
    B, H, W = maps.shape
    h, w = H // factor, W // factor
    channels = channel_of(labels).to(maps.device)[maps.long()]
    blocks = channels.view(B, h, factor, w, factor).transpose(2, 3).reshape(B, h, w, -1)
    counts = torch.zeros(B, h, w, len(labels) + 1, device=maps.device)
    ones = torch.ones((), device=maps.device).expand_as(blocks)
    return counts.scatter_add_(3, blocks, ones).permute(0, 3, 1, 2) / factor**2


@dataclass(frozen=True, eq=False)
class MapCondition:
    """The labels a model knows and the rescaler trained with its denoiser.

    Averaging blocks first and mapping channels after is what SpatialRescaler does to a one-hot map.
    """

    labels: tuple[int, ...]
    rescaler: SpatialRescaler

    @classmethod
    def load(cls, folder: Path, config: MapConfig, device: torch.device) -> Self:
        """From map_encoder.safetensors; raises WeightsError."""
        with skeleton():
            rescaler = SpatialRescaler(config.stages, len(config.labels) + 1, config.channels)
        load_module(rescaler, folder / "map_encoder.safetensors", device)
        return cls(config.labels, rescaler.eval())

    def read(self, request: GenerateRequest, *, drop: bool) -> Reading:
        """``given`` for the request's size; ``dropped`` is a map without labels."""
        size = request.size
        empty = np.full((size.height, size.width), UNLABELLED, np.uint8)
        if request.label_map is None:
            return Reading(given=Condition(concat=self.concat(empty)))
        label_map = resized(request.label_map, size)
        return Reading(
            given=Condition(concat=self.concat(label_map)),
            dropped=Condition(concat=self.concat(empty)) if drop else None,
            notices=self._notices(label_map),
        )

    def concat(self, label_map: np.ndarray) -> Tensor:
        """What is concatenated to x_t for a map uint8 [H, W]: [1, c, H / f, W / f]."""
        weight = self.rescaler.channel_mapper.weight
        maps = torch.from_numpy(label_map)[None].to(weight.device)
        shares = label_shares(maps, self.labels, 2**self.rescaler.n_stages)
        return self.rescaler.channel_mapper(shares.to(weight.dtype))

    def _notices(self, label_map: np.ndarray) -> tuple[str, ...]:
        present = np.unique(label_map).tolist()
        unknown = sorted(set(present) - {*self.labels, UNLABELLED})
        names = tuple(
            LABEL_BY_ID[label].name if label in LABEL_BY_ID else f"label {label}"
            for label in unknown
        )
        if not names:
            return ()
        return (f"This model does not know {listed(names)}: left unlabelled.",)
