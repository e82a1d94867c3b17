"""What the checkpoint in a pack is, from its first bytes: nothing is unpacked to the disk."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch
from torch import Tensor

from studio.engine.checkpoints.container import (
    CHECKPOINT_SUFFIXES,
    DAMAGES,
    LEGACY_MAGIC,
    Container,
)
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.opcodes import PickleError
from studio.engine.checkpoints.pack import checked_entries
from studio.engine.checkpoints.pack_cache import several
from studio.engine.checkpoints.reading import Checkpoint
from studio.engine.checkpoints.torch_files import plain_values
from studio.engine.checkpoints.unpickler import tensors_in, unpickle

_MAX_BEGINNING = 64 * 2**20
_LOCAL_HEADER = struct.Struct("<4s4xH16xHH")
_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


class NotAtOnceError(Exception):
    """The beginning does not tell what the pack holds: it must be unpacked."""


def read_pack_header(path: Path) -> Checkpoint:
    """The names, shapes and dtypes of the one checkpoint in a pack, as tensors without values.

    CheckpointError for a pack that should not be unpacked or holds several; NotAtOnceError.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            infos = [info for _, info in checked_entries(path, packed)]
            if any(info.filename.endswith("model_index.json") for info in infos):
                raise NotAtOnceError
            found = [i for i in infos if i.filename.lower().endswith(CHECKPOINT_SUFFIXES)]
            if len(found) != 1:
                raise several(path, [info.filename for info in found])
            with packed.open(found[0]) as stream:
                beginning = stream.read(_MAX_BEGINNING)
    except DAMAGES as error:
        raise CheckpointError(f"{path.name} is damaged ({error}); download it again.") from error
    try:
        if beginning[8:9] == b"{":
            return Checkpoint(
                path=path,
                container=Container.SAFETENSORS,
                tensors=_safetensors(beginning),
                values={},
            )
        legacy = beginning.startswith(LEGACY_MAGIC)
        stream = cast(BinaryIO, io.BytesIO(beginning))
        if legacy:
            for _ in ("magic", "version", "system"):
                unpickle(stream)
        else:
            stream.seek(_first_record(beginning))
        root, inert = unpickle(stream)
        records = tensors_in(root)
        tensors = {name: _empty(r.shape, r.dtype) for name, r in records.items()}
    except (PickleError, ValueError, KeyError, TypeError, RuntimeError, struct.error) as error:
        raise NotAtOnceError from error
    return Checkpoint(
        path=path,
        container=Container.TORCH_LEGACY if legacy else Container.TORCH_ZIP,
        tensors=tensors,
        values=plain_values(root),
        inert=tuple(sorted(inert)),
    )


def _first_record(beginning: bytes) -> int:
    """Where the pickle begins that torch writes first into its own zip."""
    signature, method, name_length, extra_length = _LOCAL_HEADER.unpack_from(beginning)
    begin = _LOCAL_HEADER.size
    name = beginning[begin : begin + name_length]
    if signature != b"PK\x03\x04" or method != zipfile.ZIP_STORED:
        raise ValueError("another zip")
    if name.partition(b"/")[2] != b"data.pkl":
        raise ValueError("another order")
    return int(begin + name_length + extra_length)


def _safetensors(beginning: bytes) -> dict[str, Tensor]:
    length = int.from_bytes(beginning[:8], "little")
    told: dict[str, Any] = json.loads(beginning[8 : 8 + length])
    return {
        name: _empty(tuple(map(int, entry["shape"])), _DTYPES[entry["dtype"]])
        for name, entry in told.items()
        if name != "__metadata__"
    }


def _empty(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")
