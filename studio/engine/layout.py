"""A coarse label map drawn from words, for a denoiser that paints better along a map.

Diffusion over the shares of labels in a few cells, steered by the text the picture is steered by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.geometry import Size
from studio.engine.conditioning.label_map import resized
from studio.engine.denoiser import Condition, Denoiser, Guidance
from studio.engine.model_config import LayoutConfig
from studio.engine.nets.layout import LayoutTransformer
from studio.engine.samplers import SAMPLERS
from studio.engine.skeleton import skeleton
from studio.engine.spacings import SPACINGS
from studio.engine.weights import load_module

FILE = "layout.safetensors"
_STD = 0.2
"""About the standard deviation of a share among twenty labels, most of which are absent."""
_OUTLINE_SIDE = 512
"""Outlines are drawn as finely as this; a denoiser sees cells of eight pixels."""


def to_layout(shares: Tensor) -> Tensor:
    """Shares [B, labels, h, w] in 0..1 -> a layout x_0 of the same shape."""
    return (shares - 1 / shares.shape[1]) / _STD


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """A loaded layout network; ``labels`` are the material ids of its channels."""

    config: LayoutConfig
    network: LayoutTransformer
    labels: tuple[int, ...]

    @classmethod
    def load(
        cls, folder: Path, config: LayoutConfig, labels: tuple[int, ...], device: torch.device
    ) -> Self:
        """From layout.safetensors; raises WeightsError."""
        with skeleton():
            network = LayoutTransformer(config.network)
        load_module(network, folder / FILE, device)
        return cls(config=config, network=network.eval().requires_grad_(False), labels=labels)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the noise that a layout begins with: [1, labels, side, side]."""
        side = self.config.network.side
        return 1, self.config.network.labels, side, side

    def draw(
        self,
        noise: Tensor,
        context: Tensor,
        negative: Tensor | None,
        size: Size,
        before_call: Callable[[], None],
    ) -> np.ndarray:
        """A read-only label map uint8 [H, W] from ``noise`` of ``shape`` and a text [1, S, D].

        Guidance leads away from ``negative`` [1, S, D]. The layout is stretched to the picture.
        """
        schedule = self.config.schedule.schedule()
        denoiser = Denoiser(
            network=lambda x, t, condition: self.network(x, t, condition.context),
            schedule=schedule,
            prediction=self.config.prediction,
            condition=Condition(context=context),
            guidance=Guidance(
                scale=self.config.guidance,
                negative=None if negative is None else Condition(context=negative),
            ),
            before_call=before_call,
        )
        grid = schedule.grid(SPACINGS["trailing"](schedule, self.config.steps))
        x = noise
        for step in SAMPLERS["dpmpp_2m"](denoiser, noise, grid, lambda: noise, 0.0):
            x = step.x_t
        return self._labels(x, size)

    def _labels(self, layout: Tensor, size: Size) -> np.ndarray:
        """The largest share at every pixel, with smooth outlines."""
        scale = min(1.0, _OUTLINE_SIDE / max(size.width, size.height))
        shape = (max(1, round(size.height * scale)), max(1, round(size.width * scale)))
        fine = F.interpolate(layout.float(), size=shape, mode="bilinear", align_corners=False)
        table = np.asarray(self.labels, np.uint8)
        label_map = resized(table[fine[0].argmax(0).cpu().numpy()], size)
        label_map.flags.writeable = False
        return label_map
