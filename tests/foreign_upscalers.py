"""Upscalers of other families with random weights, in the files that their publishers use."""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.engine.upscaling.spandrel_library import spandrel
from tests.engine.nets.comparison import shaken
from tests.rrdbnet import RRDBNet

_SINGLE = {"first": "conv_first", "last": "conv_last", "up.0": "conv_up1", "up.1": "conv_up2",
           "up.2": "conv_hr"}  # fmt: skip


def real_esrgan(blocks: int = 2) -> RRDBNet:
    """A network of our own, made without spandrel."""
    return shaken(RRDBNet(blocks=blocks), seed=1)  # type: ignore[return-value]


def basicsr_names(network: RRDBNet) -> dict[str, Tensor]:
    """Its tensors as RealESRGAN_x4plus.pth names them."""
    end = len(network.body) - 1
    named = {}
    for name, tensor in network.state_dict().items():
        owner, _, kind = name.rpartition(".")
        dense = re.fullmatch(r"body\.(\d+)\.(\d)\.convs\.(\d)", owner)
        if dense is not None:
            block, part, conv = map(int, dense.groups())
            owner = f"body.{block}.rdb{part + 1}.conv{conv + 1}"
        else:
            owner = _SINGLE.get(owner) or {f"body.{end}": "conv_body"}[owner]
        named[f"{owner}.{kind}"] = tensor.clone()
    return named


def old_names(network: RRDBNet) -> dict[str, Tensor]:
    """Its tensors as ESRGAN's first files, such as 4x-UltraSharp.pth, name them."""
    singles = {"conv_first": "model.0", "conv_body": f"model.1.sub.{len(network.body) - 1}",
               "conv_up1": "model.3", "conv_up2": "model.6", "conv_hr": "model.8",
               "conv_last": "model.10"}  # fmt: skip
    named = {}
    for name, tensor in basicsr_names(network).items():
        owner, _, kind = name.rpartition(".")
        owner = singles.get(owner) or re.sub(
            r"body\.(\d+)\.rdb(\d)\.conv(\d)", r"model.1.sub.\1.RDB\2.conv\3.0", owner
        )
        named[f"{owner}.{kind}"] = tensor
    return named


def compact(scale: int = 2) -> nn.Module:
    """The network of realesr-general-x4v3 and many others for drawings."""
    return _shaken_by_spandrel("Compact", 2, num_feat=8, num_conv=2, upscale=scale)


def swin_ir() -> nn.Module:
    """Sees windows of 8 pixels, so that sides must be multiples of them."""
    return _shaken_by_spandrel(
        "SwinIR", 3, img_size=16, embed_dim=12, depths=[2], num_heads=[2], window_size=8,
        upscale=2, upsampler="pixelshuffle",
    )  # fmt: skip


def _shaken_by_spandrel(kind: str, seed: int, **arguments: object) -> nn.Module:
    spandrel()  # knows what to do where torchvision is missing
    network = getattr(importlib.import_module(f"spandrel.architectures.{kind}"), kind)
    return shaken(network(**arguments), seed=seed)


def write_pth(path: Path, tensors: Mapping[str, Tensor], wrapped: str = "params_ema") -> Path:
    """As basicsr saves it; ``wrapped`` "": bare."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({wrapped: dict(tensors)} if wrapped else dict(tensors), path)
    return path


def write_safetensors(path: Path, tensors: Mapping[str, Tensor]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path
