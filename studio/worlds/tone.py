"""From radiance to a picture: exposure, a film's curve, and the sRGB encoding."""

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.sky import Light

# A photographer's white balance keeps the mood of the hour: a low sun is as high at dawn as at
# sunset, and only colour tells one from the other.
_BALANCE: dict[str, tuple[float, float, float]] = {
    "dawn": (1.00, 0.90, 1.16),
    "noon": (1.00, 1.00, 1.00),
    "golden hour": (1.10, 1.00, 0.84),
    "sunset": (1.22, 0.94, 0.74),
    "dusk": (0.86, 0.97, 1.18),
}


def _balance(batch: Batch) -> Tensor:
    """Gains of red, green and blue [B, 3, 1, 1]."""
    gains = torch.tensor([_BALANCE[s.time] for s in batch.scenes], device=batch.device)
    return gains.view(-1, 3, 1, 1)


def develop(picture: Tensor, batch: Batch, light: Light) -> Tensor:
    """uint8 [B, 3, H, W] from linear radiance of the same shape."""
    x = picture.clamp(min=0.0) * light.exposure * 1.6 * _balance(batch)
    # A film's S-curve after Hable: a soft toe, straight middle and long shoulder.
    a, b, c, d, e, f = 0.22, 0.30, 0.10, 0.20, 0.01, 0.30

    def curve(v: Tensor) -> Tensor:
        return (v * (a * v + c * b) + d * e) / (v * (a * v + b) + d * f) - e / f

    white = curve(torch.tensor(8.0, device=x.device))
    y = (curve(x * 2.0) / white).clamp(0.0, 1.0)
    srgb = torch.where(y <= 0.0031308, y * 12.92, 1.055 * y.pow(1 / 2.4) - 0.055)
    return (srgb * 255.0 + 0.5).clamp(0, 255).to(torch.uint8)
