"""The change of one layer."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class LowRank:
    """W + scale up down, arXiv:2106.09685 Eq. 3, with scale = alpha / rank.

    ``down`` [r, in] and ``up`` [out, r] of a linear layer; of a convolution [r, in, kh, kw] and
    [out, r, 1, 1], and with ``mid`` [r, r, kh, kw] between them both are of size 1.
    """

    down: Tensor
    up: Tensor
    mid: Tensor | None
    scale: float

    @property
    def rank(self) -> int:
        return self.down.shape[0]

    def factors(self, shape: torch.Size) -> tuple[Tensor, Tensor]:
        """Float32 matrices [out, r] and [r, in kh kw], whose product times ``scale`` is the change
        of a weight of that shape; ValueError when it is of another.
        """
        down, up = self.down.float(), self.up.float().flatten(1)
        if up.shape[1] != len(down):
            raise ValueError(f"ranks of {len(down)} and {up.shape[1]}")
        if self.mid is not None:
            down = torch.einsum("rskl,si->rikl", self.mid.float(), down.flatten(1))
        down = down.flatten(1)
        if len(up) * down.shape[1] != shape.numel() or len(up) != shape[0]:
            raise ValueError(f"{len(up)} x {down.shape[1]} values")
        return up, down
