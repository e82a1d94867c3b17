"""Upscalers of other families (ESRGAN, SwinIR, ...): weights of ours, networks of spandrel's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from studio.contract.upscaling import UpscaleMode, UpscaleRequest
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.reading import Checkpoint, read_checkpoint
from studio.engine.device import Device
from studio.engine.memory import check_room
from studio.engine.upscaling.foreign_pass import ForeignPass
from studio.engine.upscaling.order import PassOrder
from studio.engine.upscaling.spandrel_library import spandrel
from studio.engine.weights import is_finite

_SHOWN = 120
_FEW = 1_000_000
"""Values that a network may have beside twice those of its file: some are used in two places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ForeignUpscaler:
    """``network`` is spandrel's descriptor of one, called with [B, C, h, w] in 0..1, float32."""

    name: str
    native: int
    network: Any
    device: Device

    bytes_per_cell = 32_768
    largest_tile = 192
    enlarges_alpha = False  # a network that invents texture would put some into what is clear

    @property
    def title(self) -> str:
        """Such as "ESRGAN, 4×"."""
        return f"{self.name}, {self.native}×"

    def evaluations(self, request: UpscaleRequest) -> int:
        return 1

    def notices(self, request: UpscaleRequest, tiles: int) -> tuple[str, ...]:
        told = []
        if request.mode is UpscaleMode.VIVID or request.repair:
            told.append(f"{self.title} has one character: Vivid and repair have no effect.")
        if tiles > 1 and self.network.tiling.name == "DISCOURAGED":
            told.append(
                f"{self.title} was made to see pictures whole: where its tiles meet may show."
            )
        return tuple(told)

    def one_pass(self, order: PassOrder) -> ForeignPass:
        return ForeignPass(self, order)

    def enlarge(self, picture: Tensor, check: Callable[[], None]) -> Tensor:
        """[3, h, w] in -1..1 -> [3, n h, n w]; ``check`` runs before every layer."""
        given = picture[None].to(self.device.device).add(1).div(2)
        if self.network.input_channels == 1:
            given = given[0, :, None]
        with _checking(self.network.model, check):
            made = self.network(given)
        if self.network.input_channels == 1:
            made = made[None, :, 0]
        return made[0].mul(2).sub(1)


def open_foreign(path: Path, device: Device) -> ForeignUpscaler:
    """Raises CheckpointError where the file holds no upscaler, ModelError where spandrel or memory
    is missing.
    """
    checkpoint = read_checkpoint(path)
    for name, tensor in checkpoint.tensors.items():
        if not is_finite(tensor):
            raise CheckpointError(
                f"In {path.name} the tensor {name} holds values that are not finite: the file is "
                "damaged."
            )
    return _built(checkpoint, device)


def foreign_title(checkpoint: Checkpoint) -> str:
    """What it is, such as "ESRGAN, 4×"; raises as ``open_foreign`` does."""
    return _built(checkpoint, Device(device=torch.device("cpu"), dtype=torch.float32)).title


def is_foreign(checkpoint: Checkpoint) -> bool:
    """Whether spandrel knows the names of the tensors; ModelError where it is not installed."""
    return _architecture(checkpoint) is not None


def _architecture(checkpoint: Checkpoint) -> Any:
    tensors = spandrel().canonicalize_state_dict(dict(checkpoint.tensors))
    try:
        rows = spandrel().MAIN_REGISTRY.architectures("detection")
        return next((row.architecture for row in rows if row.detect(tensors)), None)
    except Exception as error:  # spandrel trusts shapes; any of its faults means "not known"
        raise CheckpointError(f"{checkpoint.path.name} cannot be told: {error}.") from error


def _built(checkpoint: Checkpoint, device: Device) -> ForeignUpscaler:
    name = checkpoint.path.name
    architecture = _architecture(checkpoint)
    if architecture is None:
        raise CheckpointError(f"{name} is no upscaler that spandrel knows.")
    size = sum(tensor.nbytes for tensor in checkpoint.tensors.values())
    check_room(name, size, size, device.device)
    tensors = spandrel().canonicalize_state_dict(
        {
            key: value.float() if value.is_floating_point() else value
            for key, value in checkpoint.tensors.items()
        }
    )
    values = sum(tensor.numel() for tensor in tensors.values())
    try:
        with _no_larger_than(2 * values + _FEW, name):
            network = architecture.load(tensors)
    except CheckpointError:
        raise
    except Exception as error:  # whatever a network says of tensors that do not fit it
        raise CheckpointError(
            f"{name} looks like {architecture.name} and cannot be used ({_reason(error)}); get it "
            "again."
        ) from error
    _check_kind(name, network)
    network.model.requires_grad_(False)
    network.to(device.device).eval()
    return ForeignUpscaler(
        name=architecture.name, native=int(network.scale), network=network, device=device
    )


def _reason(error: Exception) -> str:
    """The first line that says something; torch begins with "Error(s) in loading ...:"."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if not line.endswith(":")), type(error).__name__)
    return f"{told.rstrip('. ')[:_SHOWN]}…" if len(told) > _SHOWN else told.rstrip(". ")


@contextmanager
def _no_larger_than(values: int, name: str) -> Iterator[None]:
    """A network is built as deep and wide as names and shapes say, before any tensor of it is
    looked for: a file made to do harm could ask for any amount of memory.
    """
    left = values

    def count(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal left
        left -= 0 if parameter is None else parameter.numel()
        if left < 0:
            raise CheckpointError(
                f"The network that the names in {name} ask for is larger than the file: it is "
                "damaged or made to do harm."
            )

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def _check_kind(name: str, network: Any) -> None:
    title = network.architecture.name
    if network.purpose != "SR" or network.scale < 2:
        does = {
            "FaceSR": "restores faces",
            "Restoration": "restores pictures",
            "Inpainting": "fills holes",
        }.get(network.purpose, "keeps their size")
        raise CheckpointError(f"{name} is a {title} model that {does}; it makes no picture larger.")
    if (network.input_channels, network.output_channels) not in ((1, 1), (3, 3)):
        raise CheckpointError(
            f"{name} is a {title} model of {network.input_channels} to {network.output_channels} "
            "channels; the studio runs those of three or one."
        )


@contextmanager
def _checking(network: nn.Module, check: Callable[[], None]) -> Iterator[None]:
    """Such networks take long for a tile: whoever cancels need not wait for its end."""

    def before(*_: object) -> None:
        check()

    hooks = [
        module.register_forward_pre_hook(before)
        for module in network.modules()
        if next(module.children(), None) is None
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
