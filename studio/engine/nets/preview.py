"""Small decoders that turn a latent into a preview at every step."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """What a preview decoder is built from; `scale` is preview pixels per latent cell: 1, 2 or 4.

    ValueError for another scale.
    """

    z_channels: int
    scale: int = 4
    width: int = 16

    def __post_init__(self) -> None:
        if self.scale not in (1, 2, 4):
            raise ValueError(f"A preview has 1, 2 or 4 pixels per latent cell, not {self.scale}.")


class PreviewDecoder(nn.Module):
    """Three convolutions and a pixel shuffle: cheap beside any denoiser.

    z: [B, z_channels, h, w], scaled as the denoiser sees it -> RGB [B, 3, h s, w s], nominally
    -1..1 but not clamped.
    """

    def __init__(self, config: PreviewConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(
            nn.Conv2d(config.z_channels, config.width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(config.width, config.width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(config.width, 3 * config.scale**2, 1),
        )

    def forward(self, z: Tensor) -> Tensor:
        return F.pixel_shuffle(self.layers(z), self.config.scale)


_TINY_WIDTH = 64


class _TinyClamp(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return 3 * torch.tanh(z / 3)


class _TinyBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            _conv(_TINY_WIDTH, _TINY_WIDTH),
            nn.ReLU(),
            _conv(_TINY_WIDTH, _TINY_WIDTH),
            nn.ReLU(),
            _conv(_TINY_WIDTH, _TINY_WIDTH),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x) + x)


def _conv(channels: int, out_channels: int, *, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1, bias=bias)


def _tiny_blocks(count: int) -> list[nn.Module]:
    return [_TinyBlock() for _ in range(count)]


class TinyDecoder(nn.Sequential):
    """The published tiny decoder for latents of f = 8 (the TAESD layout).

    z: [B, z_channels, h, w], scaled as the denoiser sees it -> RGB [B, 3, 8 h, 8 w], nominally
    -1..1 but not clamped.
    """

    def __init__(self, z_channels: int = 4) -> None:
        layers: list[nn.Module] = [_TinyClamp(), _conv(z_channels, _TINY_WIDTH), nn.ReLU()]
        for _ in range(3):
            layers += _tiny_blocks(3)
            layers.append(nn.Upsample(scale_factor=2))
            layers.append(_conv(_TINY_WIDTH, _TINY_WIDTH, bias=False))
        layers += [*_tiny_blocks(1), _conv(_TINY_WIDTH, 3)]
        super().__init__(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z) * 2 - 1  # its weights were trained for 0..1


class TinyEncoder(nn.Sequential):
    """The published tiny encoder for latents of f = 8 (the TAESD layout).

    x: [B, 3, H, W] in -1..1, H and W multiples of 8 -> [B, z_channels, H/8, W/8], scaled as the
    denoiser sees it.
    """

    def __init__(self, z_channels: int = 4) -> None:
        layers: list[nn.Module] = [_conv(3, _TINY_WIDTH), *_tiny_blocks(1)]
        for _ in range(3):
            layers.append(_conv(_TINY_WIDTH, _TINY_WIDTH, stride=2, bias=False))
            layers += _tiny_blocks(3)
        layers.append(_conv(_TINY_WIDTH, z_channels))
        super().__init__(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward((x + 1) / 2)
