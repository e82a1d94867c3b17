"""Tensors to pictures."""

import numpy as np
import torch
from torch import Tensor


def to_pixels(x: Tensor) -> np.ndarray:
    """[3, H, W] in -1..1 (clamped) to a read-only uint8 [H, W, 3] sRGB picture."""
    scaled = x.float().add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)
    return frozen(scaled.permute(1, 2, 0).contiguous())


def frozen(x: Tensor) -> np.ndarray:
    """A read-only array of its own, so that it can cross threads."""
    array = x.detach().cpu().numpy()
    array = array.copy() if x.device.type == "cpu" else array
    array.flags.writeable = False
    return array
