"""A network of Real-ESRGAN's size to be timed beside ours; its weights are random."""

import importlib

from torch import nn

from studio.engine.upscaling.spandrel_library import spandrel


def rrdbnet() -> nn.Module:
    """Residual in residual dense blocks (arXiv:1809.00219), 23 of them, from spandrel:
    [B, 3, h, w] -> [B, 3, 4h, 4w].
    """
    spandrel()  # knows what to do where torchvision is missing
    network: nn.Module = importlib.import_module("spandrel.architectures.ESRGAN").ESRGAN()
    return network
