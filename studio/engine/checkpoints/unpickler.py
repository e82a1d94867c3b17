"""Pickles without execution: tensors become records, everything unknown becomes inert."""

import io
import pickle
from collections.abc import Iterable
from typing import Any, BinaryIO

import torch

from studio.engine.checkpoints.opcodes import PickleError, checked


class Inert:
    """Stands for whatever a pickle names that is no tensor.

    It can be made, called, filled and given a state, as a pickle may ask, and nothing comes of it.
    """

    __slots__ = ()

    def __new__(cls, *_args: object, **_more: object) -> "Inert":
        return object.__new__(cls)

    def __init__(self, *_args: object, **_more: object) -> None:
        pass

    def __call__(self, *_args: object, **_more: object) -> "Inert":
        return self

    def _nothing(self, *_args: object) -> None:
        pass

    __setstate__ = __setitem__ = append = extend = add = update = _nothing


class Table(dict):
    """A dictionary that takes no attributes."""

    __slots__ = ()

    def __setstate__(self, *_state: object) -> None:
        pass


class _DefaultTable(Table):
    __slots__ = ()

    def __init__(self, _factory: object = None, items: Any = ()) -> None:
        super().__init__(items)


class _Sized(tuple):
    """torch.Size."""

    __slots__ = ()

    def __setstate__(self, *_state: object) -> None:
        pass


class _Fixed:
    """A record whose state no pickle can set."""

    __slots__ = ()

    def __setstate__(self, *_state: object) -> None:
        pass


class _Dtype(_Fixed):
    __slots__ = ("dtype",)

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype


class _StorageType(_Fixed):
    """dtype None: bytes, as the tensors themselves say."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: torch.dtype | None) -> None:
        self.dtype = dtype


class StorageRecord(_Fixed):
    """A stretch of values in a file, by its key; ``count`` values of ``dtype``, bytes if None."""

    __slots__ = ("count", "dtype", "key")

    def __init__(self, key: str, dtype: torch.dtype | None, count: int) -> None:
        self.key, self.dtype, self.count = key, dtype, count

    @property
    def nbytes(self) -> int:
        return self.count * (self.dtype.itemsize if self.dtype else 1)


class TensorRecord(_Fixed):
    """Where in a storage a tensor lies; checked to lie inside and to overlap itself nowhere."""

    __slots__ = ("dtype", "offset", "shape", "storage", "stride")

    def __init__(
        self, storage: object, offset: object, shape: object, stride: object, dtype: object = None
    ) -> None:
        if not isinstance(storage, StorageRecord):
            raise PickleError("a tensor has no storage")
        own = dtype.dtype if isinstance(dtype, _Dtype) else storage.dtype
        if own is None:
            raise PickleError("a tensor has no dtype")
        self.storage, self.dtype = storage, own
        self.shape, self.stride = _whole(shape), _whole(stride)
        (self.offset,) = _whole((offset,))
        if len(self.shape) != len(self.stride):
            raise PickleError("a tensor's shape and stride differ in length")
        values, last = 1, self.offset
        for size, step in zip(self.shape, self.stride, strict=True):
            values *= size
            last += max(size - 1, 0) * step
        room = storage.nbytes // own.itemsize
        if values > room or (values and last >= room):
            raise PickleError("a tensor lies outside its storage")


def _whole(numbers: object) -> tuple[int, ...]:
    if not isinstance(numbers, (tuple, list)) or not all(
        type(number) is int and 0 <= number < 2**62 for number in numbers
    ):
        raise PickleError("a tensor's shape is no list of whole numbers")
    return tuple(numbers)


class _Rebuild(_Fixed):
    """Makes the record of a tensor from what torch pickles of it."""

    __slots__ = ("with_dtype",)

    def __init__(self, *, with_dtype: bool = False) -> None:
        self.with_dtype = with_dtype

    def __call__(self, storage: object, offset: object, shape: object, stride: object,
                 *more: object) -> TensorRecord:  # fmt: skip
        dtype = more[2] if self.with_dtype and len(more) > 2 else None
        return TensorRecord(storage, offset, shape, stride, dtype)


class _Wrapped(_Fixed):
    """A parameter is its tensor."""

    __slots__ = ()

    def __call__(self, tensor: object, *_more: object) -> object:
        return tensor


class _Subclassed(_Fixed):
    """A tensor with attributes of its own is the tensor alone."""

    __slots__ = ()

    def __call__(self, build: object, _kind: object, arguments: object, *_more: object) -> object:
        if isinstance(build, (_Rebuild, _Wrapped)) and isinstance(arguments, tuple):
            return build(*arguments)
        return Inert()


_STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "UntypedStorage": None,
}
_DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
           "bool", "float8_e4m3fn", "float8_e5m2", "uint16", "uint32", "uint64")  # fmt: skip

_KNOWN: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): Table,
    ("collections", "defaultdict"): _DefaultTable,
    ("torch", "Size"): _Sized,
    ("torch._utils", "_rebuild_tensor"): _Rebuild(),
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
    ("torch._utils", "_rebuild_tensor_v3"): _Rebuild(with_dtype=True),
    ("torch._utils", "_rebuild_parameter"): _Wrapped(),
    ("torch._utils", "_rebuild_parameter_with_state"): _Wrapped(),
    ("torch._tensor", "_rebuild_from_type_v2"): _Subclassed(),
    **{
        (module, name): _StorageType(dtype)
        for module in ("torch", "torch.cuda", "torch.storage")
        for name, dtype in _STORAGES.items()
    },
    **{("torch", name): _Dtype(getattr(torch, name)) for name in _DTYPES},
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self.inert: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module, name))
        if known is None:
            self.inert.add(f"{module}.{name}")
            return Inert
        return known

    def persistent_load(self, pid: Any) -> Any:
        match pid:
            case ("storage", _StorageType(dtype=dtype), str(key), _, int(count), *_) if (
                0 <= count < 2**62
            ):
                return StorageRecord(key, dtype, count)
            case ("module", *_):
                return Inert
        raise PickleError("it refers to something that is no storage")


def unpickle(stream: BinaryIO) -> tuple[object, set[str]]:
    """The content of the pickle at the stream's position, which is left behind it.

    Only plain values and containers, StorageRecord, TensorRecord and Inert come out; also returns
    the names that became inert. PickleError when it is damaged or makes no sense.
    """
    unpickler = _Unpickler(checked(stream))
    try:
        return unpickler.load(), unpickler.inert
    except PickleError:
        raise
    except (
        pickle.UnpicklingError,
        ArithmeticError,
        AttributeError,
        BufferError,
        EOFError,
        ImportError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise PickleError(str(error) or type(error).__name__) from error


def tensors_in(root: object) -> dict[str, TensorRecord]:
    """The table of tensors in what a checkpoint holds, which may lie a few levels down.

    PickleError when there is none.
    """
    for _ in range(6):
        if not isinstance(root, dict):
            break
        found = {
            name: value
            for name, value in dict.items(root)
            if isinstance(name, str) and isinstance(value, TensorRecord)
        }
        inner = _first_table(root)
        if found and (inner is None or len(found) > 1):
            return found
        root = inner
    raise PickleError("it holds no table of tensors")


_TABLES = ("state_dict", "model_state_dict", "model", "params_ema", "params", "module", "net")


def _first_table(root: dict) -> dict | None:
    tables: Iterable[object] = (dict.get(root, name) for name in _TABLES)
    return next((table for table in tables if isinstance(table, dict) and table), None)
