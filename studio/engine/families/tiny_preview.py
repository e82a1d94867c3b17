"""Previews by a published tiny decoder, where a person has one."""

import logging
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.engine.checkpoints.tiny_decoder import open_tiny_decoder
from studio.engine.device import Device
from studio.engine.families.filling import fill_network
from studio.engine.nets.preview import TinyDecoder
from studio.engine.parts import PartKind, Parts
from studio.engine.pixels import to_pixels
from studio.engine.weights import WeightsError

log = logging.getLogger(__name__)

_NAME = "taesd_decoder"
_FOLDER = "taesd"
_FILES = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin")
_CELLS = 24 * 24
"""More cells of a latent than this are averaged first on a CPU: the two previews of a step of
64 x 64 cells would take three seconds of a core, which is no small part of the step itself.
"""


def tiny_decoder_file(parts: Parts) -> Path | None:
    """The decoder of Stable Diffusion's latents, in the usual folders or beside the model."""
    for path in parts.files(PartKind.PREVIEW):
        if _is_one(path):
            return path
    for place in parts.near:
        for folder in (place, place.parent):
            beside = [folder / f"{_NAME}{suffix}" for suffix in (".safetensors", ".pth", ".pt")]
            beside += [folder / _FOLDER / name for name in _FILES]
            if found := next((path for path in beside if path.is_file()), None):
                return found
    return None


def _is_one(path: Path) -> bool:
    stem = path.stem.casefold()
    return stem == _NAME or (path.name in _FILES and path.parent.name.casefold() == _FOLDER)


def load_tiny_decoder(parts: Parts, device: Device) -> TinyDecoder | None:
    """None where there is no such file, or one that cannot be used: previews are worth no failure,
    which is only logged.
    """
    path = tiny_decoder_file(parts)
    if path is None:
        return None
    try:
        network = open_tiny_decoder(path)
        fill_network(network, path, device, torch.float32)
    except WeightsError as error:
        log.warning("previews without %s: %s", path, error)
        return None
    assert isinstance(network.module, TinyDecoder)
    return network.module


def tiny_previews(decoder: TinyDecoder, x: Tensor) -> list[np.ndarray]:
    """Latents [B, C, h, w] as the denoiser sees them to B pictures, uint8 [h', w', 3]."""
    if x.device.type == "cpu":
        x = averaged(x, _CELLS)
    return [to_pixels(picture) for picture in decoder(x.float())]


def averaged(x: Tensor, cells: int) -> Tensor:
    """x [B, C, h, w] made smaller by averaging until it has at most so many cells."""
    h, w = x.shape[2:]
    factor = max(math.ceil(math.sqrt(h * w / cells)), 1)
    return F.interpolate(x, size=(max(h // factor, 1), max(w // factor, 1)), mode="area")
