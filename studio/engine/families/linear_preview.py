"""Previews for models without a preview decoder: the best linear guess of each cell's colour."""

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.engine.nets.autoencoder import FirstStage, VQAutoencoder

_CELLS = 8


def linear_preview(first_stage: FirstStage, std: Tensor) -> Tensor:
    """The matrix [C + 1, 3] that takes a model latent's cell, and a one, to RGB in -1..1.

    Fitted to what the first stage itself makes of 64 cells, in pairs of two by two alike, so that
    each shows its own colour; ``std`` [C] takes model latents to its own.
    """
    device = next(first_stage.parameters()).device
    z = _latents(first_stage, std.cpu()).to(device)
    return fitted(z.float() / std[None, :, None, None], first_stage.decode(z))


def fitted(x: Tensor, picture: Tensor) -> Tensor:
    """The matrix of ``linear_preview`` by least squares, from model latents [1, C, 8, 8] and the
    picture [1, 3, H, W] that they are decoded to.
    """
    colours = F.adaptive_avg_pool2d(picture.float().clamp(-1, 1), _CELLS)
    cells = x.float().flatten(2)[0].T
    inputs = torch.cat([cells, torch.ones_like(cells[:, :1])], dim=1)
    known = colours.flatten(2)[0].T
    # a ridge keeps channels that hardly matter from being blown up
    normal = inputs.T @ inputs + 0.5 * torch.eye(inputs.shape[1], device=inputs.device)
    return torch.linalg.solve(normal, inputs.T @ known)


def _latents(first_stage: FirstStage, std: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    side = _CELLS // 2
    if isinstance(first_stage, VQAutoencoder):
        rows = first_stage.quantize.embedding.weight.detach().float().cpu()
        picked = torch.randint(len(rows), (side * side,), generator=generator)
        small = rows[picked].T.reshape(1, -1, side, side)
    else:
        channels = first_stage.config.embed_dim
        small = torch.randn(1, channels, side, side, generator=generator)
        small = small * std[None, :, None, None]
    return F.interpolate(small, scale_factor=2.0)


def project(x: Tensor, matrix: Tensor) -> Tensor:
    """Model latents [B, C, h, w] to pictures [B, 3, h, w], nominally -1..1 but not clamped."""
    weight = matrix[:-1].T[:, :, None, None]
    return F.conv2d(x.float(), weight, matrix[-1])
