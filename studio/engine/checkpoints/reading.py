"""Any published file of weights as a table of tensors, mapped and not copied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
from torch import Tensor

from studio.engine.checkpoints.container import Container, container_of
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.torch_files import read_legacy, read_zip


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """``tensors`` by the names in the file; ``values`` are plain ones beside them, such as
    global_step; ``inert`` names the code that a pickle asked for and did not get.
    """

    path: Path
    container: Container
    tensors: Mapping[str, Tensor] = field(repr=False)
    values: Mapping[str, object] = field(repr=False)
    inert: tuple[str, ...] = ()


def read_checkpoint(path: Path) -> Checkpoint:
    """Opens a .safetensors or a torch file of either layout, told by its content.

    Nothing in the file is executed. CheckpointError when it cannot be used.
    """
    path = Path(path)
    container = container_of(path)
    inert: set[str] = set()
    values: dict[str, object] = {}
    match container:
        case Container.SAFETENSORS:
            tensors, metadata = _read_safetensors(path)
            values |= metadata
        case Container.TORCH_ZIP:
            tensors, values, inert = read_zip(path)
        case Container.TORCH_LEGACY:
            tensors, values, inert = read_legacy(path)
        case Container.PACK:
            raise CheckpointError(
                f"{path.name} is an archive of files; unpack it, then open the checkpoint in it."
            )
    if not tensors:
        raise CheckpointError(f"{path.name} holds no tensors.")
    return Checkpoint(
        path=path,
        container=container,
        tensors=tensors,
        values=values,
        inert=tuple(sorted(inert)),
    )


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safetensors.safe_open(path, framework="pt") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return tensors, opened.metadata() or {}
    except (OSError, safetensors.SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path.name} cannot be read as a safetensors file ({error}); download it again."
        ) from error
