"""Packs of the model zoo open as they are: looked into without unpacking, unpacked once to run."""

import io
import os
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import studio
from studio.contract.events import Cancelled, Failed, Loading, Produced
from studio.contract.model_card import CardKind
from studio.contract.places import cache_folder
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.pack_places import forget_unpacked
from studio.engine.families.opening import open_published
from studio.engine.recognition import recognised
from tests.engine.checkpoints import published_files as published
from tests.engine.checkpoints.test_single_files import whole

YAML = {"model_channels": 32, "num_head_channels": 16}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LATENT_STUDIO_HOME", str(tmp_path / "home"))


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    return whole(published.plain_unet(in_channels=3, out_channels=3), published.vq(), {})


def saved(kind: str, tensors: dict[str, Tensor], folder: Path) -> tuple[str, bytes]:
    path = folder / ("model.safetensors" if kind == "safetensors" else "model.ckpt")
    if kind == "safetensors":
        save_file(tensors, path)
    else:
        new = kind == "zip"
        torch.save({"state_dict": tensors}, path, _use_new_zipfile_serialization=new)
    content = path.read_bytes()
    path.unlink()
    return path.name, content


def pack(path: Path, *entries: tuple[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def config(folder: Path) -> str:
    published.write_yaml(folder / "made.yaml", unet=YAML)
    text = (folder / "made.yaml").read_text()
    (folder / "made.yaml").unlink()
    return text


def painted(path: Path, models: studio.ModelLibrary) -> tuple[np.ndarray, list[Loading]]:
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=2, seed=1)
    events = list(studio.generate(request, models))
    assert not isinstance(events[-1], Failed), events[-1]
    (pixels,) = [event.pixels for event in events if isinstance(event, Produced)]
    return pixels, [event for event in events if isinstance(event, Loading)]


def packs() -> list[str]:
    return sorted(entry.name for entry in (cache_folder() / "packs").glob("*"))


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_a_pack_opens_as_it_is(kind: str, tensors: dict[str, Tensor], tmp_path: Path) -> None:
    name, content = saved(kind, tensors, tmp_path)
    path = pack(tmp_path / "celeba.zip", (f"celeba/{name}", content))
    (tmp_path / "celeba.yaml").write_text(config(tmp_path))
    plain = tmp_path / "plain" / name
    plain.parent.mkdir()
    plain.write_bytes(content)
    plain.with_suffix(".yaml").write_text(config(tmp_path))
    card = recognised(path)
    assert card == replace(recognised(plain), title="celeba")
    assert (card.kind, card.family) == (CardKind.MODEL, "unconditional")
    assert packs() == []
    models = studio.ModelLibrary(device="cpu")
    expected, _ = painted(plain, models)
    ours, loading = painted(path, models)
    assert np.array_equal(ours, expected)
    assert any(0 < event.fraction < 1 for event in loading)
    (once,) = packs()
    assert once.startswith("celeba-")
    kept = cache_folder() / "packs" / once / "celeba" / name
    stamp = kept.stat().st_mtime_ns
    painted(path, studio.ModelLibrary(device="cpu"))
    assert kept.stat().st_mtime_ns == stamp
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "celeba.yaml", "celeba.zip", "home", "plain"
    ]  # fmt: skip


def test_unpacking_can_be_stopped(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    name, content = saved("safetensors", tensors, tmp_path)
    rest = [(f"{number}.txt", b"x" * 1000) for number in range(3)]
    path = pack(tmp_path / "a.zip", (name, content), ("config.yaml", config(tmp_path)), *rest)
    cancel = threading.Event()
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=2, seed=1)
    events = studio.generate(request, studio.ModelLibrary(device="cpu"), cancel)
    while not (isinstance(event := next(events), Loading) and event.fraction > 0):
        pass
    assert event.fraction < 1
    assert len(packs()) == 1  # under a name that nobody takes for a model
    cancel.set()
    assert [type(event) for event in events] == [Cancelled]
    assert packs() == []


def test_a_configuration_in_the_pack_counts(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    name, content = saved("zip", tensors, tmp_path)
    path = pack(tmp_path / "a.zip", (name, content), ("config.yaml", config(tmp_path)))
    assert recognised(path).family == "unconditional"
    assert len(packs()) == 1


def test_what_was_unpacked_goes_with_its_pack(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    name, content = saved("zip", tensors, tmp_path)
    entries = ((name, content), ("config.yaml", config(tmp_path)))
    first, second, third = (pack(tmp_path / f"{one}.zip", *entries) for one in "abc")
    open_published(first)
    open_published(second)
    assert [name[:2] for name in packs()] == ["a-", "b-"]
    left = cache_folder() / "packs" / ".left"
    left.mkdir()
    os.utime(left, (1, 1))
    first.unlink()
    open_published(third)
    assert [name[:2] for name in packs()] == ["b-", "c-"]
    os.utime(second, (1, 1))  # it has changed: unpacked anew
    open_published(second)
    assert [name[:2] for name in packs()] == ["b-", "c-"]
    forget_unpacked(second)
    assert [name[:2] for name in packs()] == ["c-"]


def test_packs_that_cannot_be_used_are_sentences(
    tensors: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, content = saved("zip", tensors, tmp_path)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(name, content)
    for entries, words in (
        ([("a.ckpt", content), ("b.ckpt", content)], r"several checkpoints \(a\.ckpt, b\.ckpt\)"),
        ([("model.ckpt", inner.getvalue())], "is an archive of files; unpack it"),
        ([("readme.txt", "nothing")], "without a checkpoint"),
        ([("../model.ckpt", content)], "leads outside its folder"),
        ([("model.ckpt", content), ("zeros.bin", bytes(3 * 2**20))], "from almost nothing"),
        ([("model.ckpt", b"<html>")], "web page"),
    ):
        path = pack(tmp_path / "bad.zip", *entries)
        with pytest.raises(CheckpointError, match=words):
            open_published(path)
        assert recognised(path).kind is CardKind.BROKEN
        assert sorted(file.name for file in tmp_path.iterdir()) == ["bad.zip", "home"]
        forget_unpacked(path)
        assert packs() == []
    path = pack(tmp_path / "bad.zip", (name, content))
    monkeypatch.setattr("shutil.disk_usage", lambda _path: _Full)
    with pytest.raises(CheckpointError, match="make room first"):
        open_published(path)
    assert packs() == []


class _Full:
    free = 1
