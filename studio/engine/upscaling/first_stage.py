"""The upscaler's first stage: what bicubic lacks, as a latent on the small picture's own grid.

The paper's first stages lose more than four times bicubic enlargement does. Here the latent
carries only what is missing, z = B^T unshuffle(x - bicubic(y)) / std, with an orthonormal basis B
(principal components of such residuals): nothing is lost, and decoding is one small matrix.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.contract.upscaling import NATIVE_SCALE

CHANNELS = 3 * NATIVE_SCALE**2
REACH = 2
"""Pixels of the small picture around its own that a pixel of the bicubic enlargement needs."""

LOW_SIGMA = 3.0
"""Gaussian in pixels of the small picture: what it keeps of a residual is colour drift."""
LOW_REACH = 8

_CUBIC = -0.5  # the sharpness of Keys' cubic; PIL's


class ResidualFirstStage(nn.Module):
    """``basis`` [48, 48] holds a component in each column, ``std`` [48] their deviations."""

    basis: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("basis", torch.eye(CHANNELS))
        self.register_buffer("std", torch.ones(CHANNELS))

    def encode(self, residual: Tensor) -> Tensor:
        """[B, 3, 4h, 4w] -> z [B, 48, h, w], of about unit variance in every channel."""
        return self.latent(F.pixel_unshuffle(residual, NATIVE_SCALE))

    def latent(self, cells: Tensor) -> Tensor:
        """The inverse of ``cells``."""
        return torch.einsum("kc,bkhw->bchw", self.basis, cells) / self.std[:, None, None]

    def cells(self, z: Tensor) -> Tensor:
        """z [B, 48, h, w] -> the residual [B, 48, h, w], every cell's pixels as channels."""
        return torch.einsum("kc,bchw->bkhw", self.basis * self.std, z)

    def decode(self, z: Tensor) -> Tensor:
        """The inverse of ``encode``."""
        return F.pixel_shuffle(self.cells(z), NATIVE_SCALE)


def bicubic_cells(picture: Tensor) -> Tensor:
    """Four times bicubic enlargement of [B, 3, h, w] as cells [B, 48, h, w] (Keys, a = -0.5)."""
    kernel = _bicubic_kernel().to(picture)
    padded = F.pad(picture, (REACH,) * 4, mode="replicate")
    return F.conv2d(padded, kernel.repeat(3, 1, 1, 1), groups=3)


def low_frequencies(cells: Tensor) -> Tensor:
    """The slow part of residual cells [B, 48, h, w]: [B, 3, h, w].

    A residual of bicubic enlargement has none; what a network puts there is a shift of colour.
    """
    means = cells.unflatten(1, (3, -1)).mean(2)
    reach = LOW_REACH
    at = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(-0.5 * (at / LOW_SIGMA) ** 2)
    weights = (weights / weights.sum()).to(cells).repeat(3, 1, 1, 1)
    down = F.conv2d(F.pad(means, (0, 0, reach, reach), mode="replicate"),
                    weights.transpose(2, 3), groups=3)  # fmt: skip
    return F.conv2d(F.pad(down, (reach, reach, 0, 0), mode="replicate"), weights, groups=3)


def without_drift(cells: Tensor) -> Tensor:
    """Residual cells without their low frequencies, which are the small picture's to say."""
    low = low_frequencies(cells)
    return (cells.unflatten(1, (3, -1)) - low[:, :, None]).flatten(1, 2)


def without_colour(cells: Tensor) -> Tensor:
    """The mean of the three colours of cells [B, 48, h, w], three times: fine detail that is
    invented may be light and dark, but no coloured speckles.
    """
    grey = cells.unflatten(1, (3, -1)).mean(1, keepdim=True)
    return grey.expand(-1, 3, -1, -1, -1).flatten(1, 2)


def _bicubic_kernel() -> Tensor:
    """[16, 1, 5, 5]: how each of a cell's 4 x 4 pixels is mixed from 5 x 5 pixels around it."""
    line = torch.zeros(NATIVE_SCALE, 2 * REACH + 1)
    for phase in range(NATIVE_SCALE):
        at = (phase + 0.5) / NATIVE_SCALE - 0.5
        for tap in range(-REACH, REACH + 1):
            line[phase, tap + REACH] = _cubic(abs(at - tap))
    line /= line.sum(1, keepdim=True)
    return torch.einsum("yi,xj->yxij", line, line).flatten(0, 1)[:, None]


def _cubic(x: float) -> float:
    a = _CUBIC
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0
