"""Real-ESRGAN's network written anew, to be compared with what spandrel makes of its files."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FEATURES, _GROWTH, _BLOCKS = 64, 32, 23


class _DenseBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths = [_FEATURES + number * _GROWTH for number in range(5)]
        outs = [_GROWTH] * 4 + [_FEATURES]
        self.convs = nn.ModuleList(
            nn.Conv2d(width, out, 3, padding=1) for width, out in zip(widths, outs, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        known = x
        for conv in self.convs[:-1]:
            known = torch.cat([known, F.leaky_relu_(conv(known), 0.2)], 1)
        return x + 0.2 * self.convs[-1](known)


class _Block(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * super().forward(x)


class RRDBNet(nn.Module):
    """Residual in residual dense blocks (arXiv:1809.00219): [B, 3, h, w] -> [B, 3, 4h, 4w]."""

    def __init__(self, blocks: int = _BLOCKS) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, _FEATURES, 3, padding=1)
        body = [_Block(*(_DenseBlock() for _ in range(3))) for _ in range(blocks)]
        self.body = nn.Sequential(*body, nn.Conv2d(_FEATURES, _FEATURES, 3, padding=1))
        self.up = nn.ModuleList(nn.Conv2d(_FEATURES, _FEATURES, 3, padding=1) for _ in range(3))
        self.last = nn.Conv2d(_FEATURES, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = x + self.body(x)
        for conv in self.up[:2]:
            x = F.leaky_relu_(conv(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.last(F.leaky_relu_(self.up[2](x), 0.2))
