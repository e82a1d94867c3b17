"""The denoiser of the upscaler: a small U-Net on the grid of the low-resolution picture."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.1


@dataclass(frozen=True, kw_only=True)
class UpscalerNetConfig:
    """``latent`` channels are denoised, ``picture`` channels concatenated to them
    (arXiv:2112.10752 section 4.4). ``blocks`` before, within and after the half-resolution level.
    """

    latent: int = 48
    picture: int = 3
    width: int = 64
    inner_width: int = 128
    blocks: tuple[int, int, int] = (5, 3, 5)
    embedding: int = 64

    def __post_init__(self) -> None:
        if min(self.latent, self.picture, self.width, self.inner_width, self.embedding) < 1:
            raise ValueError("channels must be positive.")
        if self.embedding % 4:
            raise ValueError("embedding must be a multiple of 4.")
        if len(self.blocks) != 3 or min(self.blocks) < 0:
            raise ValueError("blocks must be three numbers.")


class UpscalerNet(nn.Module):
    """[B, latent, h, w] noisy and [B, picture, h, w] small picture -> [B, latent, h, w] clean.

    No normalisation and no attention: what a pixel becomes depends on its surroundings alone, so
    that tiles agree with the whole. Where the noise is all there is, the output is the mean of
    what the picture may stand for.
    """

    def __init__(self, config: UpscalerNetConfig) -> None:
        super().__init__()
        self.config = config
        width, inner = config.width, config.inner_width
        before, within, after = config.blocks
        self.embed = nn.Sequential(
            nn.Linear(config.embedding, config.embedding),
            nn.SiLU(),
            nn.Linear(config.embedding, config.embedding),
            nn.SiLU(),
        )
        self.conv_in = nn.Conv2d(config.latent + config.picture, width, 3, padding=1)
        self.before = nn.ModuleList(_Block(width, config.embedding) for _ in range(before))
        self.down = nn.Conv2d(width, inner, 2, 2)
        self.within = nn.ModuleList(_Block(inner, config.embedding) for _ in range(within))
        self.up = nn.Sequential(nn.Conv2d(inner, 4 * width, 1), nn.PixelShuffle(2))
        self.after = nn.ModuleList(_Block(width, config.embedding) for _ in range(after))
        self.conv_out = nn.Conv2d(width, config.latent, 3, padding=1)
        with torch.no_grad():
            self.conv_out.weight.mul_(0.1)

    def forward(self, x_t: Tensor, picture: Tensor, time: Tensor, repair: Tensor) -> Tensor:
        """``picture`` in -1..1; ``time`` [B], the noise's share of the way, 0 = clean, 1 = pure
        noise; ``repair`` [B] in 0..1. Sides of any length.
        """
        height, width = picture.shape[-2:]
        odd = (0, width % 2, 0, height % 2)
        h = F.pad(torch.cat([x_t, picture], 1), odd, mode="replicate")
        emb = self.embed(self._embedding(time, repair).to(h.dtype))
        h = self.conv_in(h)
        for block in self.before:
            h = block(h, emb)
        deep = self.down(h)
        for block in self.within:
            deep = block(deep, emb)
        h = h + self.up(deep)
        for block in self.after:
            h = block(h, emb)
        return self.conv_out(h)[..., :height, :width]

    def _embedding(self, time: Tensor, repair: Tensor) -> Tensor:
        waves = self.config.embedding // 4
        rates = math.pi * 2.0 ** torch.linspace(-1, 4, waves, device=time.device)
        angles = torch.cat([time.float()[:, None] * rates, repair.float()[:, None] * rates], 1)
        return torch.cat([angles.sin(), angles.cos()], 1)


class _Block(nn.Module):
    """x + conv(act(scale conv(x) + shift)), scale and shift from the embedding."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.modulation = nn.Linear(embedding, 2 * width)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.modulation.weight.mul_(0.1)
            self.second.weight.mul_(0.2)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        scale, shift = self.modulation(emb).chunk(2, 1)
        if len(x) == 1 and not torch.is_grad_enabled():
            h = self._modulated(x, 1 + scale[0], shift[0])
        else:
            scale, shift = (part[:, :, None, None] for part in (scale, shift))
            h = torch.addcmul(shift, self.first(x), 1 + scale)
        return self.second(F.leaky_relu_(h, LEAK)).add_(x)

    def _modulated(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """scale conv(x) + shift by other weights: one pass over a large map less."""
        weight = self.first.weight * scale[:, None, None, None]
        assert self.first.bias is not None
        return F.conv2d(x, weight, self.first.bias * scale + shift, padding=1)
