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

    def delta(self, shape: torch.Size) -> Tensor:
        """scale up down as a weight of that shape, float32; ValueError when it has another."""
        down, up = self.down.float(), self.up.float().flatten(1)
        if up.shape[1] != len(down):
            raise ValueError(f"ranks of {len(down)} and {up.shape[1]}")
        if self.mid is None:
            product = up @ down.flatten(1)
        else:
            inner = torch.einsum("rskl,si->rikl", self.mid.float(), down.flatten(1))
            product = up @ inner.flatten(1)
        if product.numel() != shape.numel() or len(product) != shape[0]:
            raise ValueError(f"{' x '.join(map(str, product.shape))} values")
        return self.scale * product.reshape(shape)
