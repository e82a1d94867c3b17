"""Networks to and from safetensors files: checked, memory-mapped, written whole or not at all."""

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

MAX_FILE_BYTES = 4 * 2**30
"""A network larger than this is saved as several files with an index beside them."""

_INDEX_SUFFIX = ".index.json"


class WeightsError(ValueError):
    """A weights file cannot be used; the text is a sentence that names the file and the tensor."""


def save_module(
    module: nn.Module,
    path: Path,
    dtype: torch.dtype = torch.float16,
    metadata: Mapping[str, str] | None = None,
    max_file_bytes: int = MAX_FILE_BYTES,
) -> list[Path]:
    """Writes a network's tensors; floating-point ones are cast to dtype, the others kept.

    path ends in .safetensors. Returns the files written: path alone, or several numbered parts and
    path + ".index.json" when the tensors take more than max_file_bytes. Every file is complete
    before it takes its name. WeightsError when a value is NaN, infinite or too large for dtype,
    and then nothing is written; OSError when the disk refuses.
    """
    path = Path(path)
    tensors = {}
    for name, tensor in module.state_dict().items():
        kept = tensor.dtype if not tensor.is_floating_point() else dtype
        cast = tensor.detach().to("cpu", kept, copy=True).contiguous()
        if not is_finite(cast):
            raise WeightsError(
                f"{path.name} was not saved: the tensor {name} holds values that are not finite "
                f"in {_dtype_name(kept)}."
            )
        tensors[name] = cast

    text = dict(metadata or {})
    parts = _parts(tensors, max_file_bytes)
    index = _index_path(path)
    if len(parts) == 1:
        _write_safetensors(tensors, path, text)
        index.unlink(missing_ok=True)  # a leftover index would no longer belong to any file
        return [path]

    files = []
    weight_map: dict[str, str] = {}
    for number, names in enumerate(parts, start=1):
        part = path.with_name(f"{path.stem}-{number:05}-of-{len(parts):05}{path.suffix}")
        _write_safetensors({name: tensors[name] for name in names}, part, text)
        weight_map |= dict.fromkeys(names, part.name)
        files.append(part)
    total = sum(tensor.nbytes for tensor in tensors.values())
    table = {"metadata": {**text, "total_size": total}, "weight_map": weight_map}
    _replace(index, json.dumps(table, indent=1).encode())
    path.unlink(missing_ok=True)  # an older single file would be read instead of the index
    return [*files, index]


def load_module(
    module: nn.Module,
    path: Path,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = torch.float32,
) -> dict[str, str]:
    """Fills a network, which may be on the meta device, from a file or an index with its parts.

    Floating-point tensors get dtype (None: the file's); those that need neither a cast nor a move
    stay mapped to the file. The network ends on `device`. Returns the file's metadata.
    WeightsError when the file is missing, unreadable or holds other tensors, other shapes, NaN or
    infinite values; the network is unchanged then.
    """
    path = Path(path)
    metadata: dict[str, str] = {}
    assign(
        module,
        ((file, name, tensor) for file in _files(path) for name, tensor in _read(file, metadata)),
        path,
        device,
        dtype,
    )
    return metadata


def assign(
    module: nn.Module,
    tensors: Iterable[tuple[Path, str, Tensor]],
    path: Path,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = torch.float32,
) -> None:
    """Fills a network as load_module does, from tensors with the file and name of each.

    ``path`` is what the error names when some are missing.
    """
    wanted = module.state_dict()
    loaded: dict[str, Tensor] = {}
    for file, name, tensor in tensors:
        if name not in wanted:
            raise WeightsError(
                f"{file.name} holds the tensor {name}, which this network does not have: "
                "the file belongs to another network."
            )
        if tensor.shape != wanted[name].shape:
            raise WeightsError(
                f"In {file.name} the tensor {name} has the shape {_shape(tensor)}, but this "
                f"network needs {_shape(wanted[name])}: the file belongs to another network."
            )
        if not is_finite(tensor):
            raise WeightsError(
                f"In {file.name} the tensor {name} holds values that are not finite: "
                "the file is damaged."
            )
        kept = dtype if tensor.is_floating_point() else None
        loaded[name] = tensor.to(device=device, dtype=kept)
        if loaded[name] is not tensor and not is_finite(loaded[name]):
            raise WeightsError(
                f"In {file.name} the tensor {name} holds values too large for "
                f"{_dtype_name(loaded[name].dtype)}."
            )
    missing = [name for name in wanted if name not in loaded]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise WeightsError(
            f"{path.name} lacks the tensor {missing[0]}{more}: "
            "the file is incomplete or belongs to another network."
        )
    module.load_state_dict(loaded, assign=True)


def read_metadata(path: Path) -> dict[str, str]:
    """The text saved with the weights, without reading them; WeightsError as in load_module."""
    metadata: dict[str, str] = {}
    for file in _files(Path(path)):
        metadata |= _open(file).metadata() or {}
    return metadata


def _index_path(path: Path) -> Path:
    return path.with_name(path.name + _INDEX_SUFFIX)


def _parts(tensors: Mapping[str, Tensor], max_file_bytes: int) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    size = 0
    for name, tensor in tensors.items():
        if parts[-1] and size + tensor.nbytes > max_file_bytes:
            parts.append([])
            size = 0
        parts[-1].append(name)
        size += tensor.nbytes
    return parts


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def _write_safetensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    temporary = _temporary(path)
    try:
        temporary.touch()
        mode = temporary.stat().st_mode
        save_file(tensors, temporary, metadata)
        temporary.chmod(mode)  # the library leaves the file to its owner alone
        os.replace(temporary, path)
    except safetensors.SafetensorError as error:  # how the library reports a full disk
        raise OSError(f"{path.name} could not be written: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    temporary = _temporary(path)
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    index = path if path.name.endswith(_INDEX_SUFFIX) else _index_path(path)
    if path != index and (path.exists() or not index.exists()):
        return [path]
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        names = sorted({str(name) for name in weight_map.values()})
    except FileNotFoundError as error:
        raise WeightsError(f"There is no file {index.name} in {index.parent}.") from error
    except (OSError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise WeightsError(f"{index.name} is not an index of weights files: {error}.") from error
    if any(Path(name).name != name for name in names):
        raise WeightsError(f"{index.name} names files outside its own folder.")
    return [index.with_name(name) for name in names]


def _open(file: Path) -> safetensors.safe_open:
    try:
        return safetensors.safe_open(file, framework="pt")
    except FileNotFoundError as error:
        raise WeightsError(f"There is no file {file.name} in {file.parent}.") from error
    except (OSError, safetensors.SafetensorError) as error:
        raise WeightsError(
            f"{file.name} cannot be read as a safetensors file ({error}): get it again."
        ) from error


def _read(file: Path, metadata: dict[str, str]) -> Iterator[tuple[str, Tensor]]:
    with _open(file) as opened:
        metadata |= opened.metadata() or {}
        for name in opened.keys():  # noqa: SIM118  (not a mapping)
            yield name, opened.get_tensor(name)


def is_finite(tensor: Tensor) -> bool:
    """Whether there is no NaN and no infinity in it; true of whole numbers."""
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    if tensor.dtype.itemsize == 1:  # what torch computes nothing with
        tensor = tensor.float()
    return all(bool(end.isfinite()) for end in torch.aminmax(tensor))


def _shape(tensor: Tensor) -> str:
    return "x".join(str(side) for side in tensor.shape) or "a single number"


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
