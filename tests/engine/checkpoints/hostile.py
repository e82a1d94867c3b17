"""Pickles made to do harm: what they would call, and the ways in which a pickle can call it."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

MARK, STOP, TUPLE, REDUCE, BUILD, POP = b"(", b".", b"t", b"R", b"b", b"0"


def text(value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def tupled(*items: bytes) -> bytes:
    return MARK + b"".join(items) + TUPLE


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def stacked(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + tupled(*arguments) + REDUCE


def code(canary: Path) -> str:
    return f"__import__('pathlib').Path({str(canary)!r}).touch()"


def pickle_of(canary: Path) -> bytes:
    return b"\x80\x02" + call(named("builtins", "exec"), text(code(canary))) + STOP


# What is called, as module, name and arguments, with the canary's path for a trace.
GADGETS: dict[str, tuple[str, str, Callable[[Path], list[bytes]]]] = {
    "os.system": ("os", "system", lambda p: [text(f"touch '{p}'")]),
    "posix.system": ("posix", "system", lambda p: [text(f"touch '{p}'")]),
    "popen": ("os", "popen", lambda p: [text(f"touch '{p}'")]),
    "subprocess": ("subprocess", "getoutput", lambda p: [text(f"touch '{p}'")]),
    "eval": ("builtins", "eval", lambda p: [text(code(p))]),
    "exec": ("builtins", "exec", lambda p: [text(code(p))]),
    "python 2 eval": ("__builtin__", "eval", lambda p: [text(code(p))]),
    "open": ("builtins", "open", lambda p: [text(str(p)), text("w")]),
    "io.open": ("io", "open", lambda p: [text(str(p)), text("w")]),
    "os.mkdir": ("os", "mkdir", lambda p: [text(str(p))]),
    "pickle.loads": ("pickle", "loads", lambda p: [text(pickle_of(p))]),
    "_pickle.loads": ("_pickle", "loads", lambda p: [text(pickle_of(p))]),
    "timeit": ("timeit", "timeit", lambda p: [
        text(code(p)), text("pass"), named("time", "time"), b"K\x01"]),
    "cProfile": ("cProfile", "run", lambda p: [text(code(p))]),
    "bdb": ("bdb", "Bdb.run", lambda p: [call(named("bdb", "Bdb")), text(code(p))]),
    "code": ("code", "InteractiveInterpreter.runcode", lambda p: [
        call(named("code", "InteractiveInterpreter")), text(code(p))]),
    "dotted": ("pathlib", "os.system", lambda p: [text(f"touch '{p}'")]),
    "path": ("pathlib", "Path.touch", lambda p: [call(named("pathlib", "Path"), text(str(p)))]),
    "getattr": ("builtins", "map", lambda p: [
        call(named("builtins", "getattr"), call(named("builtins", "__import__"), text("os")),
             text("system")), tupled(text(f"touch '{p}'"))]),
    "importlib": ("builtins", "getattr", lambda p: [
        call(named("importlib", "import_module"), text("this_would_run")), text(str(p))]),
    "runpy": ("runpy", "run_path", lambda p: [text(str(p.with_name("script.py")))]),
    "torch.load": ("torch", "load", lambda p: [text(str(p.with_name("nested.ckpt")))]),
    "torch bytes": ("torch.storage", "_load_from_bytes", lambda p: [text(pickle_of(p))]),
    "numpy.load": ("numpy", "load", lambda p: [text(str(p.with_name("array.npy"))), b"N", b"\x88"]),
    "partial": ("functools", "reduce", lambda p: [
        named("os", "system"), tupled(text(f"touch '{p}'"))]),
    "pydoc": ("pydoc", "pipepager", lambda p: [text("x"), text(f"touch '{p}'")]),
    "logging": ("logging.config", "_resolve", lambda p: [text("this_would_run")]),
}  # fmt: skip


def _memo(module: str, name: str, arguments: list[bytes]) -> bytes:
    """The function is stored, lost among other things, and fetched again."""
    return named(module, name) + b"q\xf0" + POP + text("x") + POP + b"h\xf0" + tupled(
        *arguments) + REDUCE  # fmt: skip


def _state(module: str, name: str, arguments: list[bytes]) -> bytes:
    """An object gets the function as its way to take a state, and then a state."""
    table = b"}" + text("__setstate__") + named(module, name) + b"s"
    thing = named("types", "SimpleNamespace") + b")" + REDUCE
    return thing + table + BUILD + arguments[0] + BUILD


def _slots(module: str, name: str, arguments: list[bytes]) -> bytes:
    """As _state, by attributes instead of the object's own table."""
    table = b"}" + text("__setstate__") + named(module, name) + b"s"
    thing = named("types", "SimpleNamespace") + b")\x81"
    return thing + tupled(b"N", table) + BUILD + arguments[0] + BUILD


def _rebuilt(module: str, name: str, arguments: list[bytes]) -> bytes:
    """The function in the place where torch keeps the one that makes a tensor."""
    return call(named("torch._tensor", "_rebuild_from_type_v2"),
                named(module, name), named("torch", "Tensor"), tupled(*arguments),
                b"}")  # fmt: skip


def _poisoned(module: str, name: str, arguments: list[bytes]) -> bytes:
    """A known class gets the function as one of its methods."""
    table = b"}" + text("__init__") + named(module, name) + b"s"
    known = named("collections", "OrderedDict")
    return known + tupled(b"N", table) + BUILD + POP + call(known, *arguments)


WAYS: dict[str, Callable[[str, str, list[bytes]], bytes]] = {
    "GLOBAL": lambda m, n, a: call(named(m, n), *a),
    "STACK_GLOBAL": lambda m, n, a: call(stacked(m, n), *a),
    "INST": lambda m, n, a: MARK + b"".join(a) + f"i{m}\n{n}\n".encode(),
    "OBJ": lambda m, n, a: MARK + named(m, n) + b"".join(a) + b"o",
    "NEWOBJ": lambda m, n, a: named(m, n) + tupled(*a) + b"\x81",
    "NEWOBJ_EX": lambda m, n, a: named(m, n) + tupled(*a) + b"}\x92",
    "persistent id": lambda m, n, a: call(named(m, n), *a) + b"Q",
    "key": lambda m, n, a: b"}" + call(named(m, n), *a) + b"Ns",
    "state": lambda m, n, a: named(m, n) + tupled(*a) + BUILD,
    "extension": lambda m, n, a: b"\x82\xf0" + tupled(*a) + REDUCE,
    "memo": _memo,
    "__setstate__": _state,
    "slots": _slots,
    "rebuilt": _rebuilt,
    "poisoned": _poisoned,
}


def beside(body: bytes, payload: bytes) -> bytes:
    """The pickle of {"state_dict": ..., "other": payload}, given the first one's body."""
    table = b"}" + text("state_dict") + body + b"s" + text("other") + payload + b"s"
    return b"\x80\x04" + table + STOP


def body_of(pickled: bytes) -> bytes:
    """A pickle without its beginning and end."""
    assert pickled[:1] == b"\x80"
    assert pickled[-1:] == STOP
    return pickled[2:-1]


def with_pickle(good: Path, data: bytes, path: Path) -> Path:
    """A copy of a checkpoint (zip) whose pickle is another."""
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as copy:
        for info in source.infolist():
            content = data if info.filename.endswith("/data.pkl") else source.read(info)
            copy.writestr(info.filename, content)
    return path


def pickle_in(good: Path) -> bytes:
    with zipfile.ZipFile(good) as source:
        (name,) = [name for name in source.namelist() if name.endswith("/data.pkl")]
        return source.read(name)
