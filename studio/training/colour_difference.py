"""How different two colours look: CIEDE2000."""

import torch
from torch import Tensor

_WHITE = (0.95047, 1.0, 1.08883)  # D65
_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_POWER_7 = 25.0**7


def lab(pixels: Tensor) -> Tensor:
    """sRGB 0..1 [..., 3] -> CIE L*a*b* [..., 3] for D65, float64."""
    x = pixels.double()
    linear = torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    matrix = torch.tensor(_TO_XYZ, dtype=torch.float64, device=x.device)
    xyz = linear @ matrix.T / torch.tensor(_WHITE, dtype=torch.float64, device=x.device)
    small = xyz <= (6 / 29) ** 3
    f = torch.where(small, xyz / (3 * (6 / 29) ** 2) + 4 / 29, xyz.clamp(min=1e-12) ** (1 / 3))
    X, Y, Z = f.unbind(-1)
    return torch.stack([116 * Y - 16, 500 * (X - Y), 200 * (Y - Z)], -1)


def delta_e_2000(one: Tensor, other: Tensor) -> Tensor:
    """The CIEDE2000 difference of L*a*b* colours [..., 3]: [...] (Sharma, Wu and Dalal, "The
    CIEDE2000 color-difference formula", 2005).
    """
    (L1, a1, b1), (L2, a2, b2) = one.double().unbind(-1), other.double().unbind(-1)
    chroma = (torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * (chroma**7 / (chroma**7 + _POWER_7)).sqrt()
    a1, a2 = a1 * stretch, a2 * stretch
    C1, C2 = torch.hypot(a1, b1), torch.hypot(a2, b2)
    h1, h2 = torch.atan2(b1, a1).rad2deg() % 360, torch.atan2(b2, a2).rad2deg() % 360
    grey = C1 * C2 == 0
    turn = (h2 - h1 + 180) % 360 - 180
    dL, dC = L2 - L1, C2 - C1
    dH = 2 * (C1 * C2).sqrt() * torch.where(grey, 0.0, turn / 2).deg2rad().sin()
    L, C = (L1 + L2) / 2, (C1 + C2) / 2
    far = (h1 - h2).abs() > 180
    h = torch.where(far, (h1 + h2 + 360) / 2 % 360, (h1 + h2) / 2)
    h = torch.where(grey, h1 + h2, h)

    def cos(degrees: Tensor) -> Tensor:
        return degrees.deg2rad().cos()

    T = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.20 * cos(4 * h - 63)
    S_L = 1 + 0.015 * (L - 50) ** 2 / (20 + (L - 50) ** 2).sqrt()
    S_C = 1 + 0.045 * C
    S_H = 1 + 0.015 * C * T
    bend = 30 * torch.exp(-(((h - 275) / 25) ** 2))
    R = -2 * (C**7 / (C**7 + _POWER_7)).sqrt() * (2 * bend).deg2rad().sin()
    lightness, chroma, hue = dL / S_L, dC / S_C, dH / S_H
    return (lightness**2 + chroma**2 + hue**2 + R * chroma * hue).clamp(min=0).sqrt()
