"""Where one of the studio's tensors comes from in a published file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from studio.engine.checkpoints.error import CheckpointError


def _itself(tensor: Tensor) -> Tensor:
    return tensor


@dataclass(frozen=True)
class Source:
    """The names in the file that make one tensor, and how: by default the one as it is."""

    names: tuple[str, ...]
    build: Callable[..., Tensor] = _itself


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """A network's tensors found in a file, by the network's names."""

    tensors: dict[str, Tensor]
    missing: tuple[str, ...]
    misfits: tuple[str, ...]
    used: frozenset[str]


def gather(
    network: nn.Module, sources: Mapping[str, Source], tensors: Mapping[str, Tensor]
) -> Gathered:
    """What ``sources`` (by the network's names) find among ``tensors`` (by the file's names).

    A 1x1 convolution and a linear layer have the same values: either serves as the other.
    ``misfits`` are sentences about tensors of another shape.
    """
    found: dict[str, Tensor] = {}
    missing, misfits, used = [], [], set()
    for name, wanted in network.state_dict().items():
        source = sources[name]
        absent = [part for part in source.names if part not in tensors]
        if absent:
            missing += absent
            continue
        used |= set(source.names)
        try:
            tensor = source.build(*(tensors[part] for part in source.names))
        except RuntimeError:
            misfits.append(f"{source.names[0]} has an impossible shape")
            continue
        if _squeezed(tensor.shape) == _squeezed(wanted.shape):
            tensor = tensor.reshape(wanted.shape)
        if tensor.shape != wanted.shape:
            shapes = [" x ".join(map(str, shape)) for shape in (tensor.shape, wanted.shape)]
            misfits.append(f"{source.names[0]} has the shape {shapes[0]} instead of {shapes[1]}")
        found[name] = tensor
    return Gathered(
        tensors=found, missing=tuple(missing), misfits=tuple(misfits), used=frozenset(used)
    )


def check_whole(gathered: Gathered, file: str, what: str) -> None:
    """CheckpointError with one sentence when tensors are missing or of another shape."""
    if gathered.misfits:
        raise CheckpointError(
            f"In {file} the tensor {gathered.misfits[0]}: the file is damaged or mislabelled."
        )
    if gathered.missing:
        more = len(gathered.missing) - 1
        raise CheckpointError(
            f"{file} lacks {gathered.missing[0]}{f' and {more} more tensors' if more else ''} of "
            f"its {what}: the file is incomplete or of another kind."
        )


def _squeezed(shape: torch.Size) -> tuple[int, ...]:
    sizes = list(shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)
