"""From radiance to a picture: exposure, a film's curve, and the sRGB encoding."""

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.sky import Light


def develop(picture: Tensor, batch: Batch, light: Light) -> Tensor:
    """uint8 [B, 3, H, W] from linear radiance of the same shape."""
    x = picture.clamp(min=0.0) * light.exposure * 1.6
    # A film's S-curve after Hable: a soft toe, straight middle and long shoulder.
    a, b, c, d, e, f = 0.22, 0.30, 0.10, 0.20, 0.01, 0.30

    def curve(v: Tensor) -> Tensor:
        return (v * (a * v + c * b) + d * e) / (v * (a * v + b) + d * f) - e / f

    white = curve(torch.tensor(8.0, device=x.device))
    y = (curve(x * 2.0) / white).clamp(0.0, 1.0)
    srgb = torch.where(y <= 0.0031308, y * 12.92, 1.055 * y.pow(1 / 2.4) - 0.055)
    return (srgb * 255.0 + 0.5).clamp(0, 255).to(torch.uint8)
