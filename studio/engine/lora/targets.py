"""Which layer a name in a LoRA file means: whatever the naming, found from the known names."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from studio.engine.checkpoints.names_unet import unet_sources
from studio.engine.nets.text_transformer import ClipText
from studio.engine.nets.unet import UNet

_UNET = ("lora_unet_", "unet_", "model_diffusion_model_", "diffusion_model_")
_TEXT = ("lora_te1_", "lora_te_", "text_encoder_")
_EITHER = ("base_model_model_", "")


@dataclass(frozen=True, eq=False)
class Target:
    """A layer with a ``weight``; ``path`` names it for people."""

    layer: nn.Module
    path: str


def targets_of(networks: Mapping[str, nn.Module]) -> dict[str, Target]:
    """Every layer that a file may change, by each name that files have for it, with underscores
    for dots, as kohya's files write all names.
    """
    named: dict[str, Target] = {}
    for network in networks.values():
        if isinstance(network, UNet):
            named |= _prefixed((*_UNET, *_EITHER), _unet_layers(network))
        elif isinstance(network, ClipText):
            named |= _prefixed((*_TEXT, *_EITHER), _text_layers(network))
    return named


def find(targets: Mapping[str, Target], name: str) -> Target | None:
    """The layer of a name in a file."""
    return targets.get(name.replace(".", "_"))


def _prefixed(prefixes: tuple[str, ...], layers: dict[str, Target]) -> dict[str, Target]:
    return {
        prefix + name.replace(".", "_"): target
        for prefix in prefixes
        for name, target in layers.items()
    }


def _layers(network: nn.Module) -> dict[str, Target]:
    return {
        path: Target(module, path)
        for path, module in network.named_modules()
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d)
    }


def _unet_layers(unet: UNet) -> dict[str, Target]:
    own = _layers(unet)
    sources = unet_sources([f"{path}.weight" for path in own], unet.config)
    there = {
        source.names[0].removesuffix(".weight"): own[name.removesuffix(".weight")]
        for name, source in sources.items()
        if len(source.names) == 1  # q, k and v in one belong to three layers there
    }
    return own | there


def _text_layers(encoder: ClipText) -> dict[str, Target]:
    own = _layers(encoder)
    return own | {path.removeprefix("text_model."): target for path, target in own.items()}
