"""Where the sampling of one image begins."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio.engine.denoiser import Condition, Known
from studio.engine.schedules import Grid

Draw = Callable[[tuple[int, ...]], Tensor]
"""Fresh standard normal noise of a shape, from the image's own seed, on the model's device."""

Check = Callable[[], None]
"""Runs before every network call and may raise to stop the job."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """``x_t`` [1, C, h, w] is the state at the first time of the grid. ``given`` and ``dropped``
    are the job's conditions with what is drawn anew for each image; ``known`` is what the mask
    keeps; ``label_map`` is the map, uint8 [H, W], that the model drew from the words itself.
    """

    x_t: Tensor
    given: Condition
    dropped: Condition | None
    known: Known | None = None
    label_map: np.ndarray | None = None


Starter = Callable[[Grid, Draw, Check], Start]
"""What a model makes of a request once, and then calls for each image."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """A picture's latent [1, C, h, w] as a first stage says it: with ``deviation`` None exactly,
    else normally distributed around ``mean``. Both in the model's units.
    """

    mean: Tensor
    deviation: Tensor | None = None

    def drawn(self, draw: Draw) -> Tensor:
        """One latent; a distribution takes noise of its shape from ``draw``."""
        if self.deviation is None:
            return self.mean
        return self.mean + self.deviation * draw(tuple(self.mean.shape))


def noised(grid: Grid, z_0: Tensor, eps: Tensor) -> Tensor:
    """z_0 as it looks at the first time of the grid (arXiv:2006.11239 Eq. 4)."""
    return grid.alpha[0] * z_0 + grid.sigma[0] * eps


def partly_noised(grid: Grid, known: Known) -> Tensor:
    """Noise where the picture is to be repainted, else what is known as it looks at that time."""
    return torch.where(known.repaint, known.eps, noised(grid, known.z_0, known.eps))
