"""A ControlNet that lets a photographic model follow a label map, in ADE20K's colours."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from studio.contract.ade20k import COLOURS
from studio.engine.checkpoints.control_net import open_control_net
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.source import check_whole
from studio.engine.device import Device
from studio.engine.families.filling import fill_network
from studio.engine.nets.control_net import ControlNet
from studio.engine.nets.unet import UNetConfig
from studio.engine.parts import PartKind, Parts

_SEGMENTATION = re.compile(r"(?<![a-z])seg(mentation)?(?![a-z])", re.IGNORECASE)
_NAMELESS = ("diffusion_pytorch_model", "model")


def says_segmentation(path: Path) -> bool:
    """Whether a ControlNet's name says what it was trained on, as its tensors do not."""
    stem = path.name.partition(".")[0]
    return bool(_SEGMENTATION.search(path.parent.name if stem in _NAMELESS else path.stem))


def segmentation_control(parts: Parts, unet: UNetConfig, latent_channels: int) -> Path | None:
    """The first ControlNet for label maps that fits the U-Net; None where there is none."""
    for path in filter(says_segmentation, parts.files(PartKind.CONTROL_NET)):
        try:
            open_control_net(path, unet, latent_channels)
        except CheckpointError:
            continue
        return path
    return None


@dataclass(kw_only=True, eq=False)
class SegmentationControl:
    """Looks for the file whenever a map is there, so that it may be added while the model is
    loaded, and reads it once.
    """

    parts: Parts
    unet: UNetConfig
    latent_channels: int
    device: Device
    _loaded: tuple[Path, ControlNet] | None = field(default=None, init=False)

    @property
    def ready(self) -> ControlNet:
        """The one that ``found`` has read."""
        assert self._loaded is not None
        return self._loaded[1]

    def found(self) -> ControlNet | None:
        """Ready to run, None where there is no such file; CheckpointError when it is damaged."""
        path = segmentation_control(self.parts, self.unet, self.latent_channels)
        if path is None:
            return None
        if self._loaded is None or self._loaded[0] != path:
            network = open_control_net(path, self.unet, self.latent_channels)
            check_whole(network.gathered, path.name, "ControlNet")
            fill_network(network, path, self.device, self.device.dtype)
            assert isinstance(network.module, ControlNet)
            self._loaded = path, network.module
        return self._loaded[1]


def painted(label_map: np.ndarray, device: torch.device) -> Tensor:
    """A map uint8 [H, W] in its classes' colours: float32 [1, 3, H, W] in 0..1."""
    colours = torch.from_numpy(COLOURS[label_map]).to(device)
    return colours.permute(2, 0, 1)[None].float() / 255
