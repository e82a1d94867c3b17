"""The best linear autoencoder as a start of the first stage.

Principal components of f x f pixels are computed in seconds, where a randomly started network
needs hours to reach as much; the networks then learn only what is not linear.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.engine.nets.autoencoder import Encoder, KLAutoencoder
from studio.training.data import as_images

PICTURES = 256
NOISE = 0.05
"""Standard deviation of the posterior at the start, as a share of the latents'."""


@torch.no_grad()
def start_linear(network: KLAutoencoder, pictures: np.ndarray) -> None:
    """Set a first stage with a shortcut to the principal components of pictures uint8 [N, H, W, 3].

    Component c is divided by the square root of its standard deviation: half-way to white, so that
    coarse components keep more weight than fine ones in the denoiser's loss. The convolutions
    beside the shortcut start at zero.
    """
    encoder, decoder = network.encoder, network.decoder
    if encoder.shortcut is None or decoder.shortcut is None:
        raise ValueError("Only a first stage with a shortcut can start linear.")
    config = network.config
    sample = pictures[:: max(1, len(pictures) // PICTURES)]
    mean, components, deviations = principal_components(
        as_images(sample, torch.device("cpu")), config.factor, config.z_channels
    )
    scale = deviations.sqrt()
    analysis = (components / scale).T.reshape(config.z_channels, 3, config.factor, config.factor)
    synthesis = (components * scale).T.reshape(config.z_channels, 3, config.factor, config.factor)
    beside = [decoder.conv_out]
    if isinstance(encoder, Encoder):
        beside.append(encoder.conv_out)
    for convolution in beside:
        nn.init.zeros_(convolution.weight)
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    encoder.shortcut.weight.zero_()
    encoder.shortcut.weight[: config.z_channels] = analysis
    encoder.shortcut.bias.zero_()  # type: ignore[union-attr]
    encoder.shortcut.bias[: config.z_channels] = -(analysis.flatten(1) @ mean)  # type: ignore[index]
    spread = (deviations**2 / scale**2).mean().sqrt()
    encoder.shortcut.bias[config.z_channels :] = 2 * math.log(NOISE * float(spread))  # type: ignore[index]
    decoder.shortcut.weight.copy_(synthesis)
    decoder.shortcut.bias.copy_(mean.view(3, -1).mean(1))  # type: ignore[union-attr]
    for convolution in (network.quant_conv, network.post_quant_conv):
        nn.init.dirac_(convolution.weight)
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]


def principal_components(images: Tensor, side: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean [3 s s], components [3 s s, count] and their standard deviations [count] of all s x s
    patches of images [N, 3, H, W], largest first; the mean is the same in every pixel of a patch.
    """
    patches = (
        F.pixel_unshuffle(images.contiguous(), side).permute(0, 2, 3, 1).reshape(-1, 3 * side**2)
    )
    mean = patches.view(len(patches), 3, -1).mean((0, 2)).repeat_interleave(side**2)
    centred = patches - mean
    covariance = (centred.T @ centred).double() / len(patches)
    values, vectors = torch.linalg.eigh(covariance)
    top = values.flip(0)[:count].clamp(min=1e-12)
    return mean, vectors.flip(1)[:, :count].float(), top.sqrt().float()
