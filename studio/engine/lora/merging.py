"""LoRA files merged into a model's weights while one job runs, and taken out again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from torch import Tensor, nn

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.lora.low_rank import LowRank
from studio.engine.lora.reading import LoraFile
from studio.engine.lora.targets import Target, find, targets_of
from studio.engine.weights import is_finite

_SHOWN = 3


@dataclass
class _Change:
    """What all files together do to one layer."""

    target: Target
    parts: list[tuple[LoraFile, LowRank, float]] = field(default_factory=list)

    def weight(self) -> Tensor:
        """The layer's weight with the changes, in its own dtype."""
        before = _weight(self.target.layer)
        after = before.detach().float()
        for file, low_rank, strength in self.parts:
            try:
                delta = low_rank.delta(before.shape)
            except ValueError as error:
                raise CheckpointError(
                    f"{file.path.name} was made for another model: for {self.target.path} it has "
                    f"{error}, and the layer has {' x '.join(map(str, before.shape))}."
                ) from error
            after = after + strength * delta.to(before.device)
        merged = after.to(before.dtype)
        if not is_finite(merged):
            raise CheckpointError(
                f"With {self.parts[0][0].path.name} the weights of {self.target.path} become too "
                "large: choose a smaller weight."
            )
        return merged


@contextmanager
def merged(
    networks: Mapping[str, nn.Module], loras: Sequence[tuple[LoraFile, float]]
) -> Iterator[tuple[str, ...]]:
    """W + sum of weight times delta inside, W itself, the same tensors as before, afterwards.

    Gives sentences about layers that the model does not have. CheckpointError when a file fits
    nowhere, or does not fit in shape; nothing is changed then.
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
    kept: list[tuple[nn.Module, nn.Parameter]] = []
    try:
        for change in changes.values():
            weight = nn.Parameter(change.weight(), requires_grad=False)
            kept.append((change.target.layer, _weight(change.target.layer)))
            change.target.layer.weight = weight
        yield tuple(notices)
    finally:
        for layer, before in kept:
            layer.weight = before


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
