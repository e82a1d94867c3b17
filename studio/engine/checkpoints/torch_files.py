"""The two layouts of torch.save, without torch.load: records are read, storages are mapped."""

import io
import mmap
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

import torch
from torch import Tensor

from studio.engine.checkpoints.container import DAMAGES
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.opcodes import PickleError
from studio.engine.checkpoints.unpickler import (
    StorageRecord,
    TensorRecord,
    tensors_in,
    unpickle,
)

_MAX_PICKLE = 512 * 2**20
_LOCAL_HEADER = struct.Struct("<4s22xHH")


class _Content:
    """A file as bytes mapped into memory, not read and not written back."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._all = torch.UntypedStorage.from_file(str(path), shared=False, nbytes=self.size)

    def tensor(self, record: TensorRecord, begin: int) -> Tensor:
        """The tensor whose storage begins at that byte of the file."""
        part = self._all[begin : begin + record.storage.nbytes]
        if begin % record.dtype.itemsize:
            part = part.clone()  # values must not straddle their alignment
        empty = torch.empty(0, dtype=record.dtype)
        return empty.set_(part, record.offset, record.shape, record.stride)  # type: ignore[call-overload]


def read_zip(path: Path) -> tuple[dict[str, Tensor], dict[str, object], set[str]]:
    """The tensors, the plain values beside them, and the names of code that was left aside.

    CheckpointError when anything is wrong with the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_zip(path, archive)
    except PickleError as error:
        raise _damaged(path, error) from error
    except CheckpointError:
        raise
    except (*DAMAGES, struct.error) as error:
        raise _damaged(path, error) from error


def _read_zip(
    path: Path, archive: zipfile.ZipFile
) -> tuple[dict[str, Tensor], dict[str, object], set[str]]:
    entries = {info.filename: info for info in archive.infolist()}
    if len(entries) != len(archive.infolist()):
        raise PickleError("it holds two files of one name")
    pickles = [name for name in entries if name.partition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise PickleError("it holds more than one checkpoint")
    top = pickles[0].removesuffix("data.pkl")
    order = entries.get(f"{top}byteorder")
    if order is not None and archive.read(order)[:8] == b"big":
        raise CheckpointError(f"{path.name} was saved on a big-endian computer; convert it there.")
    if entries[pickles[0]].file_size > _MAX_PICKLE:
        raise PickleError("its table is too large")
    with archive.open(pickles[0]) as packed:
        content = packed.read(_MAX_PICKLE)
    root, inert = unpickle(io.BytesIO(content))
    records = tensors_in(root)
    mapped = _Content(path)
    with path.open("rb") as file:
        places: dict[str, int] = {}
        tensors = {}
        for name, record in records.items():
            key = record.storage.key
            if key not in places:
                places[key] = _place(file, entries, f"{top}data/{key}", mapped.size)
            if entries[f"{top}data/{key}"].file_size < record.storage.nbytes:
                raise PickleError(f"the values of {name} are cut off")
            tensors[name] = mapped.tensor(record, places[key])
    return tensors, plain_values(root), inert


def _place(file: BinaryIO, entries: dict[str, zipfile.ZipInfo], name: str, size: int) -> int:
    """Where in the file an entry's bytes begin."""
    if name not in entries:
        raise PickleError(f"the values {name} are missing")
    info = entries[name]
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        raise PickleError("its values are compressed, which torch never does")
    file.seek(info.header_offset)
    signature, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    begin = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    if signature != b"PK\x03\x04" or begin + info.file_size > size:
        raise PickleError(f"the values {name} are cut off")
    return int(begin)


def read_legacy(path: Path) -> tuple[dict[str, Tensor], dict[str, object], set[str]]:
    """As read_zip, for files saved before 2020: several pickles, then the storages in a row."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return _read_legacy(path, cast(BinaryIO, view))
    except PickleError as error:
        raise _damaged(path, error) from error
    except (OSError, struct.error, RuntimeError) as error:
        raise _damaged(path, error) from error


def _read_legacy(
    path: Path, stream: BinaryIO
) -> tuple[dict[str, Tensor], dict[str, object], set[str]]:
    for _ in ("magic", "version", "system"):
        system, _names = unpickle(stream)
    if isinstance(system, dict) and system.get("little_endian") is False:
        raise CheckpointError(f"{path.name} was saved on a big-endian computer; convert it there.")
    root, inert = unpickle(stream)
    records = tensors_in(root)
    keys, _names = unpickle(stream)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise PickleError("it does not say which values it holds")
    storages = _all_storages(root)
    mapped = _Content(path)
    places: dict[str, int] = {}
    at = stream.tell()
    for key in keys:
        if key not in storages:
            raise PickleError("it holds values that no tensor uses")
        (count,) = struct.unpack("<q", stream.read(8))
        if count * (storages[key].nbytes // max(storages[key].count, 1)) < storages[key].nbytes:
            raise PickleError("its values are cut off")
        places[key] = at + 8
        at += 8 + storages[key].nbytes
        if at > mapped.size:
            raise PickleError("its values are cut off")
        stream.seek(at)
    missing = [name for name, record in records.items() if record.storage.key not in places]
    if missing:
        raise PickleError(f"the values of {missing[0]} are missing")
    tensors = {name: mapped.tensor(r, places[r.storage.key]) for name, r in records.items()}
    return tensors, plain_values(root), inert


def _all_storages(root: object) -> dict[str, StorageRecord]:
    """Every storage that any tensor in the checkpoint uses, by key; each object is visited once."""
    found: dict[str, StorageRecord] = {}
    seen: set[int] = set()
    left = [root]
    while left:
        item = left.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, TensorRecord):
            item = item.storage
        if isinstance(item, StorageRecord):
            if item.count > getattr(found.get(item.key), "count", -1):
                found[item.key] = item
        elif isinstance(item, dict):
            left += [*dict.keys(item), *dict.values(item)]
        elif isinstance(item, (list, tuple, set, frozenset)):
            left += list(item)
    return found


def plain_values(root: object) -> dict[str, object]:
    """The plain values at the top of a checkpoint, such as global_step."""
    if not isinstance(root, dict):
        return {}
    return {
        name: value
        for name, value in dict.items(root)
        if isinstance(name, str) and isinstance(value, (int, float, str))
    }


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path.name} cannot be used as a checkpoint: {error}.")
