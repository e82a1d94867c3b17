"""Vector quantisation: the codebook of a VQ first stage."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_ROWS = 8192
"""Cells compared with the codebook at once, to bound the table of distances."""


@dataclass(frozen=True)
class Quantised:
    """latent: [B, e, h, w], straight-through; loss: scalar; indices: [B, h, w], int64."""

    latent: Tensor
    loss: Tensor
    indices: Tensor


class VectorQuantiser(nn.Module):
    """Replaces every cell by its nearest codebook row, with the straight-through gradient.

    The loss is mean((sg(e) - z)^2) + beta mean((e - sg(z))^2), where sg stops the gradient: with
    `legacy`, as published, beta weighs the term that moves the codebook; without, the other.
    """

    def __init__(
        self, n_embed: int, embed_dim: int, beta: float = 0.25, *, legacy: bool = True
    ) -> None:
        super().__init__()
        self.beta = beta
        self.legacy = legacy
        self.embedding = nn.Embedding(n_embed, embed_dim)
        nn.init.uniform_(self.embedding.weight, -1.0 / n_embed, 1.0 / n_embed)

    @torch.no_grad()
    def nearest(self, z: Tensor) -> Tensor:
        """The index of the row nearest to each cell, the first on ties.

        z: [B, e, h, w] -> [B, h, w], int64; squared distances in float32.
        """
        cells = z.float().permute(0, 2, 3, 1).flatten(0, 2)
        rows = self.embedding.weight.float()
        norms = rows.square().sum(1)
        # |z|^2 is the same for all rows and cannot change which is nearest
        found = [
            torch.addmm(norms, part, rows.T, alpha=-2.0).argmin(1) for part in cells.split(_ROWS)
        ]
        return torch.cat(found).view(z.shape[0], z.shape[2], z.shape[3])

    def lookup(self, indices: Tensor) -> Tensor:
        """The codebook rows of indices [B, h, w]: [B, e, h, w]."""
        return self.embedding(indices).permute(0, 3, 1, 2)

    def forward(self, z: Tensor) -> Quantised:
        """z: [B, e, h, w]."""
        indices = self.nearest(z)
        e = self.lookup(indices).to(z.dtype)
        commitment = F.mse_loss(e.detach(), z)
        codebook = F.mse_loss(e, z.detach())
        loss = (
            commitment + self.beta * codebook if self.legacy else self.beta * commitment + codebook
        )
        return Quantised(z + (e - z).detach(), loss, indices)
