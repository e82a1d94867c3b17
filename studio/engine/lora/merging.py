"""LoRA files merged into a model's weights while a job runs, and taken out again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.lora.low_rank import LowRank
from studio.engine.lora.reading import LoraFile
from studio.engine.lora.targets import Target, find, targets_of

_SHOWN = 3


@dataclass
class _Change:
    """What all files together do to one layer."""

    target: Target
    parts: list[tuple[LoraFile, LowRank, float]] = field(default_factory=list)

    @property
    def before(self) -> nn.Parameter:
        """The layer's own weight."""
        return _weight(self.target.layer)

    def weight(self, room: Tensor) -> Tensor:
        """The layer's weight with the changes, in its own dtype.

        ``room`` [n] float32 is overwritten: fresh memory for every layer would take longer than
        the arithmetic.
        """
        before = self.before
        after = room[: before.numel()].view(len(before), -1)
        after.copy_(before.detach().flatten(1))
        for file, low_rank, strength in self.parts:
            try:
                up, down = low_rank.factors(before.shape)
            except ValueError as error:
                raise CheckpointError(
                    f"{file.path.name} was made for another model: for {self.target.path} it has "
                    f"{error}, and the layer has {' x '.join(map(str, before.shape))}."
                ) from error
            after.addmm_(up.to(room.device), down.to(room.device), alpha=strength * low_rank.scale)
        low, high = after.aminmax()
        if not bool(torch.maximum(-low, high) <= torch.finfo(before.dtype).max):  # or NaN
            raise CheckpointError(
                f"With {self.parts[0][0].path.name} the weights of {self.target.path} become too "
                "large: choose a smaller weight."
            )
        return after.to(before.dtype, copy=True).view(before.shape)


@dataclass(frozen=True, kw_only=True, eq=False)
class Merge:
    """``weights`` are those of each layer with all changes; ``notices`` are sentences about layers
    that the model does not have.
    """

    weights: tuple[tuple[nn.Module, nn.Parameter], ...]
    notices: tuple[str, ...]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """W + sum of weight times delta inside; W itself, the same tensors, afterwards."""
        before = [_weight(layer) for layer, _ in self.weights]
        try:
            for layer, weight in self.weights:
                layer.weight = weight
            yield
        finally:
            for (layer, _), weight in zip(self.weights, before, strict=True):
                layer.weight = weight


def merge(networks: Mapping[str, nn.Module], loras: Sequence[tuple[LoraFile, float]]) -> Merge:
    """The changed weights, beside the networks' own.

    CheckpointError when a file fits nowhere, or does not fit in shape.
    """
    targets = targets_of(networks)
    changes: dict[int, _Change] = {}
    notices = []
    for file, strength in loras:
        unmatched = list(file.unknown)
        for name, low_rank in file.layers.items():
            target = find(targets, name)
            if target is None:
                unmatched.append(name)
                continue
            change = changes.setdefault(id(target.layer), _Change(target))
            change.parts.append((file, low_rank, strength))
        notices += _notices(file, unmatched)
    room = _room([change.before for change in changes.values()])
    weights = tuple(
        (change.target.layer, nn.Parameter(change.weight(room), requires_grad=False))
        for change in changes.values()
    )
    return Merge(weights=weights, notices=tuple(notices))


@torch.no_grad()
def _room(weights: Sequence[Tensor]) -> Tensor:
    """Float32 values for the largest of some weights, where they are."""
    most = max((weight.numel() for weight in weights), default=0)
    device = weights[0].device if weights else None
    return torch.empty(most, dtype=torch.float32, device=device)


def _weight(layer: nn.Module) -> nn.Parameter:
    weight = layer.weight
    assert isinstance(weight, nn.Parameter)
    return weight


def _notices(file: LoraFile, unmatched: list[str]) -> list[str]:
    if not unmatched:
        return []
    shown = ", ".join(unmatched[:_SHOWN])
    more = f" and {len(unmatched) - _SHOWN} more" if len(unmatched) > _SHOWN else ""
    if len(unmatched) >= len(file.layers) + len(file.unknown):
        raise CheckpointError(
            f"{file.path.name} was made for another kind of model: this one has none of its "
            f"layers, such as {shown}."
        )
    return [f"{file.path.name} changes layers that this model does not have: {shown}{more}."]
