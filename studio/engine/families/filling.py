"""Giving a published network the values of its file."""

from pathlib import Path

import torch

from studio.engine.checkpoints.contents import Network
from studio.engine.device import Device
from studio.engine.nets.layers import StoredNetwork
from studio.engine.weights import assign


def fill_network(network: Network, path: Path, device: Device, dtype: torch.dtype) -> None:
    """Make it ready to compute in ``dtype``; CheckpointError names what is damaged in the file.

    On the CPU a large network's weights stay as they are in the file and mapped to it; layers cast
    them when they run.
    """
    kept: torch.dtype | None = dtype
    if device.device.type == "cpu" and isinstance(network.module, StoredNetwork):
        network.module.compute_dtype = dtype
        kept = None
    named = ((path, name, tensor) for name, tensor in network.gathered.tensors.items())
    assign(network.module, named, path, device.device, kept)
    network.module.eval().requires_grad_(False)
