"""Weights files: the round trip, and every way in which a file can be bad."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from studio.engine import weights
from studio.engine.weights import WeightsError, load_module, read_metadata, save_module


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 5)
        self.second = nn.Linear(5, 2, bias=False)
        self.register_buffer("count", torch.tensor([7], dtype=torch.int64))


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.safetensors"


def empty() -> Net:
    with torch.device("meta"):
        return Net()


def equal(one: nn.Module, other: nn.Module) -> bool:
    return all(
        torch.equal(a, b)
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_round_trip(net: Net, path: Path, dtype: torch.dtype) -> None:
    assert save_module(net, path, dtype, {"kind": "net"}) == [path]
    other = path.with_name("other")
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode
    assert {t.dtype for t in load_file(path).values()} == {dtype, torch.int64}
    filled = empty()
    assert load_module(filled, path) == {"kind": "net"}
    assert read_metadata(path) == {"kind": "net"}
    assert filled.first.weight.dtype == torch.float32
    assert filled.first.weight.requires_grad
    assert equal(filled, net.to(dtype).float())
    assert filled.count.item() == 7


def test_the_files_own_dtype_stays_mapped(net: Net, path: Path) -> None:
    save_module(net, path)
    filled = empty()
    load_module(filled, path, dtype=None)
    assert filled.first.weight.dtype == torch.float16
    maps = Path("/proc/self/maps")
    if maps.exists():  # where the system tells
        assert str(path) in maps.read_text()
    filled.first.weight.data.zero_()
    again = empty()
    load_module(again, path)
    assert again.first.weight.any()  # changes stay in memory


def test_saving_over_a_file_in_use(net: Net, path: Path) -> None:
    save_module(net, path, torch.float32)
    used = empty()
    load_module(used, path)
    before = used.first.weight.clone()
    save_module(Net(), path, torch.float32)
    assert torch.equal(used.first.weight, before)


def test_shared_and_strided_tensors(path: Path) -> None:
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    net[1].weight = net[0].weight
    net[0].weight.data = net[0].weight.data.T
    save_module(net, path, torch.float32)
    filled = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    load_module(filled, path)
    assert equal(filled, net)


def test_parts(net: Net, path: Path) -> None:
    save_module(net, path)
    files = save_module(net, path, metadata={"kind": "net"}, max_file_bytes=70)
    index = path.with_name("net.safetensors.index.json")
    parts = [f"net-0000{n}-of-00002.safetensors" for n in (1, 2)]
    assert [file.name for file in files] == [*parts, index.name]
    assert sorted(path.parent.iterdir()) == sorted(files)
    table = json.loads(index.read_text())
    assert table["weight_map"]["first.weight"] == parts[0]
    assert table["metadata"]["total_size"] == 2 * (30 + 5 + 10) + 8
    for name in (path, index):
        filled = empty()
        assert load_module(filled, name) == {"kind": "net"}
        assert equal(filled, net.half().float())
    save_module(net, path)
    assert not index.exists()


def test_values_that_cannot_be_saved(net: Net, path: Path) -> None:
    save_module(net, path)
    kept = path.read_bytes()
    net.first.weight.data[0, 0] = 1e6
    with pytest.raises(WeightsError, match=r"first\.weight .* not finite in float16"):
        save_module(net, path)
    assert path.read_bytes() == kept
    assert list(path.parent.iterdir()) == [path]
    save_module(net, path, torch.float32)
    with pytest.raises(WeightsError, match=r"net\.safetensors .* first\.weight .* too large"):
        load_module(empty(), path, dtype=torch.float16)


def refuse_as_the_library(*_: object) -> None:
    raise SafetensorError("I/O error: No space left on device")


def test_a_disk_that_refuses(net: Net, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save_module(net, path.parent / "nowhere" / path.name)
    with monkeypatch.context() as patch:
        patch.setattr(weights, "save_file", refuse_as_the_library)
        with pytest.raises(OSError, match="could not be written"):
            save_module(net, path)
    assert list(path.parent.iterdir()) == []

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights.os, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        save_module(net, path)
    assert list(path.parent.iterdir()) == []


def state(**changes: torch.Tensor | None) -> dict[str, torch.Tensor]:
    tensors = {name.replace(".", "_"): t for name, t in Net().state_dict().items()} | changes
    places = {name.replace(".", "_"): name for name in Net().state_dict()}
    return {places.get(n, n): t.contiguous() for n, t in tensors.items() if t is not None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"first_bias": None},
            r"net\.safetensors lacks the tensor first\.bias: the file is incomplete",
        ),
        ({"first_bias": None, "count": None}, r"lacks the tensor count and 1 more"),
        ({"third": torch.zeros(1)}, r"net\.safetensors holds the tensor third, .* another network"),
        (
            {"first_weight": torch.zeros(5, 7)},
            r"net\.safetensors the tensor first\.weight has the shape 5x7, .* needs 5x6",
        ),
        (
            {"first_bias": torch.tensor([0, float("nan"), 0, 0, 0])},
            r"net\.safetensors the tensor first\.bias holds values that are not finite",
        ),
        (
            {"second_weight": torch.full((2, 5), float("-inf"))},
            r"second\.weight holds values that are not finite",
        ),
    ],
    ids=["missing", "two-missing", "unexpected", "shape", "nan", "inf"],
)
def test_wrong_tensors(
    net: Net, path: Path, changes: dict[str, torch.Tensor | None], words: str
) -> None:
    save_file(state(**changes), path)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with pytest.raises(WeightsError, match=words):
        load_module(net, path)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())


@pytest.mark.parametrize("content", [b"", b"not weights", b"\xff" * 64], ids=["empty", "text", "x"])
def test_a_file_of_something_else(net: Net, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"net\.safetensors cannot be read as a safetensors"):
        load_module(net, path)
    with pytest.raises(WeightsError, match=r"net\.safetensors cannot be read as a safetensors"):
        read_metadata(path)


def test_a_file_cut_short(net: Net, path: Path) -> None:
    save_module(net, path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(WeightsError, match=r"net\.safetensors cannot be read"):
        load_module(net, path)


def test_files_that_are_not_there(net: Net, path: Path) -> None:
    with pytest.raises(WeightsError, match=r"There is no file net\.safetensors in "):
        load_module(net, path)
    index = path.with_name("net.safetensors.index.json")
    with pytest.raises(WeightsError, match=r"There is no file net\.safetensors\.index\.json in "):
        load_module(net, index)
    *parts, index = save_module(net, path, max_file_bytes=70)
    parts[1].unlink()
    with pytest.raises(WeightsError, match=r"There is no file net-00002-of-00002\.safetensors in "):
        load_module(net, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not an index"),
        ("[]", "is not an index"),
        ('{"weight_map": 3}', "is not an index"),
        ('{"metadata": {}}', "is not an index"),
        ('{"weight_map": {"a": "../other.safetensors"}}', "outside its own folder"),
    ],
)
def test_a_bad_index(net: Net, path: Path, text: str, words: str) -> None:
    path.with_name("net.safetensors.index.json").write_text(text)
    with pytest.raises(WeightsError, match=words):
        load_module(net, path)
