"""No checkpoint runs anything: hundreds that would, each with a canary."""

import contextlib
import copyreg
import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.engine.checkpoints.container import LEGACY_MAGIC
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.reading import read_checkpoint
from tests.engine.checkpoints import hostile
from tests.engine.checkpoints.hostile import GADGETS, STOP, WAYS

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.float16)}
CASES = [(gadget, way) for gadget in GADGETS for way in WAYS]


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Where a trace would appear, and beside it what some of the pickles would load."""
    path = tmp_path / "canary"
    (tmp_path / "script.py").write_text(hostile.code(path))
    (tmp_path / "nested.ckpt").write_bytes(hostile.pickle_of(path))
    array = np.empty(1, object)
    array[0] = Trap(path)
    np.save(tmp_path / "array.npy", array, allow_pickle=True)
    return path


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce_ex__(self, _protocol: object) -> tuple:
        return exec, (hostile.code(self.path),)


@pytest.fixture(autouse=True)
def extension() -> Iterator[None]:
    """Code 240 of the registry of extensions leads to os.system, also in its cache."""
    copyreg.add_extension("posix", "system", 0xF0)
    pickle.loads(b"\x82\xf0.")
    yield
    copyreg.remove_extension("posix", "system", 0xF0)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "good.ckpt"
    torch.save(TENSORS, path)
    return path


def payload(gadget: str, way: str, canary: Path) -> bytes:
    module, name, arguments = GADGETS[gadget]
    return WAYS[way](module, name, arguments(canary))


def opened(path: Path) -> str:
    """Either a sentence, or exactly the good tensors."""
    try:
        checkpoint = read_checkpoint(path)
    except CheckpointError as error:
        assert path.name in str(error)  # noqa: PT017  (either end is right)
        return "refused"
    assert set(checkpoint.tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert torch.equal(checkpoint.tensors[name], tensor)
    return "read"


@pytest.mark.parametrize(("gadget", "way"), CASES)
def test_nothing_in_a_zip_runs(gadget: str, way: str, canary: Path, good: Path) -> None:
    body = hostile.body_of(hostile.pickle_in(good))
    data = hostile.beside(body, payload(gadget, way, canary))
    path = hostile.with_pickle(good, data, canary.with_name("model.ckpt"))
    end = opened(path)
    if way in ("GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "key", "memo"):
        assert end == "read"  # what cannot be understood is left aside, the weights are not
    assert not canary.exists()


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("gadget", GADGETS)
def test_nothing_in_an_old_file_runs(gadget: str, place: int, canary: Path) -> None:
    """Such a file is a row of pickles: the magic number, version, system, content and keys."""
    parts = [LEGACY_MAGIC, pickle.dumps(1001, 2), pickle.dumps({"little_endian": True}, 2),
             pickle.dumps({}, 2), pickle.dumps([], 2)]  # fmt: skip
    hostile_part = b"\x80\x02" + payload(gadget, "GLOBAL", canary) + STOP
    parts[place] = hostile_part
    path = canary.with_name("old.ckpt")
    path.write_bytes(b"".join(parts))
    assert opened(path) == "refused"
    assert not canary.exists()


@pytest.mark.parametrize(
    "gadget", ["os.system", "exec", "eval", "pickle.loads", "path", "cProfile"]
)
@pytest.mark.parametrize("way", ["GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "memo", "__setstate__"])
def test_the_traps_are_live(gadget: str, way: str, canary: Path) -> None:
    """With Python's own unpickler they do run, or these tests would prove nothing."""
    if way == "INST" and gadget == "path":
        way = "GLOBAL"  # INST cannot reach into a class
    with contextlib.suppress(Exception):  # what happens after the deed does not matter
        pickle.loads(b"\x80\x04" + payload(gadget, way, canary) + STOP)
    assert canary.exists()


NAMES = ["model.safetensors", "model.bin", "model.pt", "model.ckpt", "model.png", "model", "m.pkl"]


@pytest.mark.parametrize("name", NAMES)
def test_no_extension_is_believed(name: str, canary: Path, good: Path) -> None:
    path = canary.with_name(name)
    path.write_bytes(hostile.pickle_of(canary))
    with pytest.raises(CheckpointError, match="pickle that was not saved as weights"):
        read_checkpoint(path)
    path.write_bytes(call_only(canary))
    assert opened(path) == "refused"
    path.write_bytes(good.read_bytes())
    assert opened(path) == "read"
    assert not canary.exists()


def call_only(canary: Path) -> bytes:
    return hostile.call(hostile.named("os", "system"), hostile.text(f"touch '{canary}'")) + STOP


def test_numpy_arrays_of_objects_are_refused(canary: Path) -> None:
    assert opened(canary.with_name("array.npy")) == "refused"
    np.savez(canary.with_name("array.npz"), a=np.array([Trap(canary)], object))
    assert opened(canary.with_name("array.npz")) == "refused"
    assert not canary.exists()


def test_what_torch_itself_saves_of_a_trap_is_left_aside(canary: Path) -> None:
    for new in (True, False):
        path = canary.with_name(f"trap-{new}.ckpt")
        content = {"state_dict": TENSORS, "callbacks": [Trap(canary)], "epoch": 3}
        torch.save(content, path, _use_new_zipfile_serialization=new)
        checkpoint = read_checkpoint(path)
        assert set(checkpoint.tensors) == set(TENSORS)
        assert checkpoint.values == {"epoch": 3}
        assert checkpoint.inert == ("__builtin__.exec",)
        assert not canary.exists()


def test_archives_in_archives_are_not_entered(canary: Path, good: Path) -> None:
    inner = hostile.with_pickle(good, hostile.pickle_of(canary), canary.with_name("inner.ckpt"))
    path = canary.with_name("outer.ckpt")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "archive/data.pkl")
    assert opened(path) == "refused"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "model.ckpt")
    with pytest.raises(CheckpointError, match="unpack it, then open the checkpoint in it"):
        read_checkpoint(path)
    with zipfile.ZipFile(path, "w") as archive:  # the good one in front, the other behind
        archive.writestr("a/data.pkl", hostile.pickle_in(good))
        archive.writestr("b/data.pkl", hostile.pickle_of(canary))
    with pytest.raises(CheckpointError, match="more than one checkpoint"):
        read_checkpoint(path)
    path.write_bytes(hostile.pickle_of(canary) + good.read_bytes())  # a pickle before the zip
    assert opened(path) == "refused"
    assert not canary.exists()


def test_tricks_that_scanners_fell_for(canary: Path, good: Path) -> None:
    """Encrypted by flag alone, two names for one entry, broken after the deed, a path in front."""
    path, evil = canary.with_name("model.ckpt"), hostile.pickle_of(canary)
    hostile.with_pickle(good, evil, path)
    data = path.read_bytes()
    central = data.index(b"PK\x01\x02")
    flagged = bytearray(data)
    flagged[6] |= 1
    flagged[central + 8] |= 1
    name = data.index(b"data.pkl")
    renamed = bytearray(data)
    renamed[name : name + 8] = b"date.pkl"
    for trick in (flagged, renamed):
        path.write_bytes(trick)
        assert opened(path) == "refused"
    for tail in (b"garbage", b"\xff" * 40, b"\x94" * 9):
        hostile.with_pickle(good, evil[:-1] + tail, path)
        assert opened(path) == "refused"
    with zipfile.ZipFile(path, "w") as archive:
        for place in ("data.pkl", "./data.pkl", "a/b/data.pkl", "/data.pkl"):
            archive.writestr(place, evil)
    assert opened(path) == "refused"
    assert not canary.exists()


def test_torchscript_is_refused(canary: Path, good: Path) -> None:
    for name in ("constants.pkl", "code/__torch__.py"):
        path = canary.with_name("traced.pt")
        path.write_bytes(good.read_bytes())
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(f"good/{name}", hostile.pickle_of(canary))
        with pytest.raises(CheckpointError, match="TorchScript"):
            read_checkpoint(path)
    assert not canary.exists()


def record(*, shape: object, stride: object, offset: object = 0, count: int = 6) -> bytes:
    """The pickle of {"a": a tensor} with the storage "0" of the good file."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", count) if thing is Pickler else None

        def reducer_override(self, thing: object) -> object:
            if thing is Ellipsis:
                return torch._utils._rebuild_tensor_v2, (Pickler, offset, shape, stride, False, {})
            return NotImplemented

    stream = io.BytesIO()
    Pickler(stream, 2).dump({"a": Ellipsis})
    return stream.getvalue()


BAD_TENSORS = [
    {"shape": (7,), "stride": (1,)},
    {"shape": (6,), "stride": (2,)},
    {"shape": (6,), "stride": (1,), "offset": 1},
    {"shape": (6,), "stride": (1,), "offset": -1},
    {"shape": (-6,), "stride": (1,)},
    {"shape": (6,), "stride": (-1,)},
    {"shape": (2**61,), "stride": (0,)},
    {"shape": (2**40, 2**40), "stride": (0, 0)},
    {"shape": (2**70,), "stride": (1,)},
    {"shape": (6.0,), "stride": (1,)},
    {"shape": (6,), "stride": (1, 1)},
    {"shape": "6", "stride": "1"},
    {"shape": (60,), "stride": (1,), "count": 60},
    {"shape": (2**40,), "stride": (1,), "count": 2**40},
    {"shape": (6,), "stride": (1,), "count": -6},
]


@pytest.mark.parametrize("bad", BAD_TENSORS)
def test_tensors_outside_their_values_are_refused(bad: dict, tmp_path: Path, good: Path) -> None:
    path = hostile.with_pickle(good, record(**bad), tmp_path / "bad.ckpt")
    with pytest.raises(CheckpointError, match=r"bad\.ckpt cannot be used"):
        read_checkpoint(path)


def test_a_record_made_by_hand_is_read(tmp_path: Path, good: Path) -> None:
    path = hostile.with_pickle(good, record(shape=(2, 3), stride=(3, 1)), tmp_path / "ok.ckpt")
    assert torch.equal(read_checkpoint(path).tensors["a"], TENSORS["a"])


def deep(levels: int) -> bytes:
    """A tuple in a tuple in a tuple, as the key of a table: hashing it would recurse."""
    return b"\x80\x02}" + b")" + b"\x85" * levels + b"Ns" + STOP


BOMBS = {
    "memo": b"\x80\x02}r" + struct.pack("<I", 2**31 - 1) + STOP,
    "text memo": b"}p999999999999\n" + STOP,
    "long bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + STOP,
    "long text": b"\x80\x04X" + struct.pack("<I", 2**31) + STOP,
    "frame": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"}" + STOP,
    "long number": b"L" + b"9" * 10_000 + b"L\n" + STOP,
    "deep": deep(100_000),
    "deep list": b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + STOP,
    "buffer": b"\x80\x05\x97" + STOP,
    "empty stack": b"\x80\x020" + STOP,
    "no mark": b"\x80\x02t" + STOP,
    "no stop": b"\x80\x02}",
    "no memo": b"\x80\x02h\x05" + STOP,
    "protocol": b"\x80\x63}" + STOP,
    "unhashable": b"\x80\x02}]Ns" + STOP,
    "nothing": b"",
    "laughs": b"\x80\x02]q\x00" + b"".join(
        b"](" + b"h" + bytes([n]) + (b"h" + bytes([n])) * 9 + b"eq" + bytes([n + 1])
        for n in range(60)) + STOP,
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused(bomb: str, tmp_path: Path, good: Path) -> None:
    path = hostile.with_pickle(good, BOMBS[bomb], tmp_path / "bomb.ckpt")
    assert opened(path) == "refused"
    path.write_bytes(LEGACY_MAGIC + BOMBS[bomb])
    assert opened(path) == "refused"
