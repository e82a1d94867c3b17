"""A ControlNet's file as tensors for the network that goes with a U-Net."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from studio.engine.checkpoints.contents import Network
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.names_unet import renewed, unet_sources
from studio.engine.checkpoints.reading import read_checkpoint
from studio.engine.checkpoints.source import Source, gather
from studio.engine.nets.control_net import ControlNet
from studio.engine.nets.unet import UNetConfig
from studio.engine.skeleton import skeleton

_PREFIX = "control_model."


def open_control_net(path: Path, unet: UNetConfig, latent_channels: int) -> Network:
    """The published layout, or diffusers' names in one file; values are not read yet.

    CheckpointError when the file is no ControlNet, or one of another U-Net.
    """
    tensors = {
        renewed(name.removeprefix(_PREFIX)): tensor
        for name, tensor in read_checkpoint(path).tensors.items()
    }
    config = replace(unet, in_channels=latent_channels)
    with skeleton():
        module = ControlNet(config, _hint_widths(tensors, path))
        names = list(module.state_dict())
        there = f"{_THERE}.conv_in.weight" in tensors
        sources = _sources(names, config) if there else {name: Source((name,)) for name in names}
        gathered = gather(module, sources, tensors)
    if gathered.missing or gathered.misfits:
        raise CheckpointError(
            f"{path.name} is a ControlNet for another kind of model than this one."
        )
    return Network(module=module, gathered=gathered)


_THERE = "controlnet_cond_embedding"


def _hint_widths(tensors: Mapping[str, Tensor], path: Path) -> list[int]:
    """The widths of the convolutions that keep the size, which every second one is."""
    own = [f"input_hint_block.{number}.weight" for number in range(0, 64, 4)]
    there = [f"{_THERE}.conv_in.weight"]
    there += [f"{_THERE}.blocks.{number}.weight" for number in range(1, 32, 2)]
    names = own if own[0] in tensors else there
    widths = [len(tensors[name]) for name in names if name in tensors and tensors[name].dim() == 4]
    if not widths:
        raise CheckpointError(f"{path.name} is no ControlNet.")
    return widths


def _sources(names: Iterable[str], config: UNetConfig) -> dict[str, Source]:
    """For each of the studio's names, its name in diffusers."""
    names = list(names)
    own = [
        name for name in names if name.startswith(("time_embed", "input_blocks", "middle_block."))
    ]
    hints = [int(name.split(".")[1]) for name in names if name.startswith("input_hint_block.")]
    others = [name for name in names if name not in own]
    return unet_sources(own, config) | {
        name: Source((_diffusers_name(name, last_hint=max(hints)),)) for name in others
    }


def _diffusers_name(name: str, *, last_hint: int) -> str:
    parts = name.split(".")
    kind = parts[-1]
    if parts[0] == "zero_convs":
        return f"controlnet_down_blocks.{parts[1]}.{kind}"
    if parts[0] == "middle_block_out":
        return f"controlnet_mid_block.{kind}"
    number = int(parts[1])  # every second layer of the block is an activation
    places = {0: "conv_in", last_hint: "conv_out"}
    return f"{_THERE}.{places.get(number, f'blocks.{number // 2 - 1}')}.{kind}"
