"""Figures that say how good an enlarged picture is. Pictures are uint8 [H, W, 3]."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.upscaling import NATIVE_SCALE
from studio.training.colour_difference import delta_e_2000, lab
from studio.training.metrics import band_gradients

_BORDER = NATIVE_SCALE
"""Pixels at the edges that PSNR and SSIM leave out, as is usual."""

_BEST = 60.0
"""dB; what is closer than this is not told apart."""

_BLOCK = 16
"""Pixels a side over which a colour is averaged before it is compared."""


def luma(picture: np.ndarray) -> Tensor:
    """float64 [H, W]: the Y of YCbCr in 16..235 (ITU-R BT.601), as is usual."""
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64) / 255
    return torch.from_numpy(np.array(picture)).double() @ weights + 16


def psnr_y(made: np.ndarray, real: np.ndarray) -> float:
    """PSNR of the luma in dB, at most 60."""
    error = _inside(luma(made) - luma(real)).square().mean().item()
    return min(_BEST, float(10 * np.log10(255**2 / max(error, 1e-12))))


def ssim_y(made: np.ndarray, real: np.ndarray) -> float:
    """Structural similarity of the luma (Wang et al., 2004): Gaussian window of 11, sigma 1.5."""
    x, y = (_inside(luma(picture))[None, None] for picture in (made, real))
    at = torch.arange(-5, 6, dtype=torch.float64)
    line = torch.exp(-(at**2) / (2 * 1.5**2))
    window = torch.outer(line, line) / line.sum() ** 2

    def mean(field: Tensor) -> Tensor:
        return F.conv2d(field, window[None, None])

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return similarity.mean().item()


def band_strengths(picture: np.ndarray) -> Tensor:
    """Mean |gradient| of the octave bands, the finest first, see metrics.band_gradients."""
    image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    return band_gradients(image)


def colour_drift(made: np.ndarray, small: np.ndarray) -> float:
    """Mean Delta E 2000 between the colours of blocks of the result and of the small picture."""
    one, other = _blocks(made, _BLOCK), _blocks(small, _BLOCK // NATIVE_SCALE)
    return delta_e_2000(lab(one), lab(other)).mean().item()


def _blocks(picture: np.ndarray, side: int) -> Tensor:
    """Mean colours [h, w, 3] in 0..1 of whole blocks."""
    image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].double() / 255
    return F.avg_pool2d(image, side)[0].permute(1, 2, 0)


def _inside(field: Tensor) -> Tensor:
    return field[_BORDER:-_BORDER, _BORDER:-_BORDER]
