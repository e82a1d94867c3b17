"""The condition stage for label maps: brings a one-hot map to the size of the latent."""

import torch.nn.functional as F
from torch import Tensor, nn


class SpatialRescaler(nn.Module):
    """Halves a map n_stages times, then maps its channels by a 1x1 convolution.

    x: [B, in_channels, H, W] -> [B, out_channels, H / 2^n, W / 2^n]. Halving is bilinear without
    antialiasing, which for even sizes is the mean of 2x2 cells.
    """

    def __init__(
        self, n_stages: int, in_channels: int, out_channels: int, *, bias: bool = False
    ) -> None:
        super().__init__()
        self.n_stages = n_stages
        self.channel_mapper = nn.Conv2d(in_channels, out_channels, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(self.channel_mapper.weight.dtype)
        for _ in range(self.n_stages):
            x = F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
        return self.channel_mapper(x)
