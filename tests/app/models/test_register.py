"""The register: what is found where, what is remembered, what is deleted and what never."""

import json
import os
from pathlib import Path

import pytest

from studio.app.models.hub_plan import HubFile, Plan
from studio.app.models.register import RECEIPT, Origin, Register, RegisterError
from studio.app.models.scan import candidates, shown_name
from studio.app.models.word_lists import class_names, missing_list
from studio.contract.model_card import CardKind, ModelCard

CARD = ModelCard(kind=CardKind.MODEL, title="Stable Diffusion 2", family="stable_diffusion",
                 nbytes=5, capabilities=("text",), dtypes=("float16",))  # fmt: skip


def tensors(path: Path) -> Path:
    """A file that begins as safetensors do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    return path


def pipeline(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    tensors(folder / "unet" / "diffusion_pytorch_model.safetensors")
    return folder


def test_trees_of_other_programs_are_understood(tmp_path: Path) -> None:
    comfy, a1111, hub = tmp_path / "ComfyUI", tmp_path / "webui", tmp_path / "hub"
    wanted = [
        tensors(comfy / "models/checkpoints/sub/photo.safetensors"),
        tensors(comfy / "models/vae/vae.pt"),
        pipeline(comfy / "models/diffusers/ldm"),
        tensors(a1111 / "models/Stable-diffusion/old.CKPT"),
        pipeline(hub / "models--CompVis--ldm/snapshots/abc"),
    ]
    tensors(hub / "models--CompVis--ldm/blobs/123")
    tensors(hub / "models--CompVis--ldm/snapshots/older/x.safetensors")
    (hub / "models--CompVis--ldm/refs").mkdir()
    (hub / "models--CompVis--ldm/refs/main").write_text("abc")
    (comfy / "models/checkpoints/readme.txt").write_text("put checkpoints here")
    (comfy / "models/checkpoints/picture.pt").write_bytes(b"\x89PNG")
    empty = comfy / "models/checkpoints/empty.safetensors"
    empty.touch()
    (comfy / "models/loop").symlink_to(comfy / "models")
    assert set(candidates(tmp_path)) == {*wanted, empty}
    assert shown_name(wanted[-1]) == "CompVis/ldm"


def test_files_are_used_where_they_lie_and_stay_there(register: Register, tmp_path: Path) -> None:
    file = tensors(tmp_path / "mine" / "photo.safetensors")
    tree = tmp_path / "tree"
    tensors(tree / "one.ckpt")
    tensors(tree / "two.ckpt")
    (single,) = register.add(file)
    assert (single.name, single.key, single.origin) == ("photo", str(file), Origin.FILE)
    assert len(register.add(tree)) == 2
    assert register.add(file) == [single]
    one = register.find("one")
    assert one is not None
    register.remove(one)
    assert [model.path for model in register.models()] == [file]
    register.remove(single)
    assert register.models() == []
    assert file.exists()
    assert (tree / "two.ckpt").exists()


def test_what_holds_no_model_is_refused(register: Register, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    for name, sentence in (
        ("empty", "holds no models"),
        ("notes.txt", "is no checkpoint"),
        ("nowhere", "There is no file or folder"),
    ):
        with pytest.raises(RegisterError, match=sentence):
            register.add(tmp_path / name)
    assert register.models() == []


def test_cards_and_answers_are_remembered_until_the_file_changes(
    register: Register, tmp_path: Path
) -> None:
    file = tensors(tmp_path / "sd2.safetensors")
    (model,) = register.add(file)
    assert model.card is None
    register.describe(file, CARD)
    (model,) = Register(register.path, register.downloads, tmp_path / "bundled").models()
    assert model.card == CARD
    assert model.asks
    register.answer(model, "v")
    (model,) = register.models()
    assert (model.prediction, model.asks) == ("v", False)
    os.utime(file, ns=(1, 1))
    (model,) = register.models()
    assert (model.card, model.answer) == (None, "v")


def test_a_file_that_vanished_says_so(register: Register, tmp_path: Path) -> None:
    file = tensors(tmp_path / "sd.safetensors")
    register.add(file)
    file.unlink()
    (gone,) = register.models()
    assert gone.card is not None
    assert "not there any more" in gone.card.problem
    register.remove(gone)
    assert register.models() == []


def test_models_are_found_by_name_and_by_a_path_of_another_computer(
    register: Register, tmp_path: Path
) -> None:
    file = tensors(tmp_path / "photo.safetensors")
    register.add(file)
    register.add(tensors(tmp_path / "a" / "twin.ckpt"))
    register.add(tensors(tmp_path / "b" / "twin.ckpt"))
    for name in (str(file), "photo", "C:\\models\\photo.safetensors", "/else/photo.safetensors"):
        found = register.find(name)
        assert found is not None, name
        assert found.path == file
    assert register.find("twin") is None
    assert register.find("other") is None


def downloaded(register: Register) -> Path:
    folder = register.downloads / "CompVis--ldm"
    weights = tensors(folder / "photo.safetensors")
    file = HubFile(name=weights.name, nbytes=weights.stat().st_size)
    plan = Plan(name="CompVis/ldm", revision="1", licence="mit", files=(file,))
    (folder / RECEIPT).write_text(json.dumps(plan.record()))
    return folder


def test_only_downloads_are_deleted(register: Register, tmp_path: Path) -> None:
    folder = downloaded(register)
    (model,) = register.models()
    assert (model.name, model.origin) == ("CompVis/ldm", Origin.DOWNLOADED)
    register.remove(model)
    assert not folder.exists()


def test_an_unfinished_download_is_no_model(register: Register) -> None:
    folder = downloaded(register)
    (folder / "photo.safetensors").rename(folder / "photo.safetensors.partial")
    assert register.models() == []


def test_a_damaged_register_is_set_aside(register: Register, tmp_path: Path) -> None:
    for content in ("{", "[]", '{"version": 1, "places": 3}', "\udcff"):
        register.path.write_bytes(content.encode("utf-8", "surrogateescape"))
        assert register.models() == []
        assert register.path.with_name("models.json.damaged").exists()
        register.add(tensors(tmp_path / "a.ckpt"))
        assert len(register.models()) == 1


def test_cards_survive_the_file_they_are_kept_in() -> None:
    assert ModelCard.of(json.loads(json.dumps(CARD.record()))) == CARD
    for damaged in ({}, [], {"kind": "spell", "title": ""}, {"kind": "model"}, None):
        with pytest.raises(ValueError, match="card"):
            ModelCard.of(damaged)


def test_models_of_the_studio_need_no_reading(register: Register, tmp_path: Path) -> None:
    landscape = next(model for model in Register(register.path, tmp_path).models())
    assert landscape.card is not None
    assert (landscape.key, landscape.origin) == ("landscape", Origin.BUNDLED)
    assert landscape.card.can("map")
    assert landscape.card.can("negative")
    folder = tmp_path / "bundled" / "odd"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"format": 1, "family": "x", "licence": ""}')
    (odd,) = register.models()
    assert odd.card is not None
    assert "is damaged" in odd.card.problem


def test_word_lists_are_looked_for_beside_the_model_and_among_the_fetched(tmp_path: Path) -> None:
    lists, model = tmp_path / "lists", tensors(tmp_path / "m" / "sd.safetensors")
    row = missing_list(CARD, model, lists)
    assert row is not None
    assert row.key == "clip"
    (lists / "clip").mkdir(parents=True)
    for name in row.files:
        (lists / "clip" / name).touch()
    assert missing_list(CARD, model, lists) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("imagenet-1k-id2label.json", '{"0": "tench", "1": "goldfish"}'),
        ("imagenet1000_clsidx_to_labels.txt", "{0: 'tench',\n 1: 'goldfish'}"),
        ("imagenet_clsidx_to_label.txt", " 0: 'tench',\n 1: \"goldfish\",\n"),
        ("imagenet_classes.txt", "tench\ngoldfish\n"),
        ("classes.txt", "0: tench\n1, goldfish\n"),
    ],
)
def test_class_names_are_read_in_the_usual_shapes(tmp_path: Path, name: str, text: str) -> None:
    model = tensors(tmp_path / "cin.ckpt")
    assert class_names(model, tmp_path / "lists") == ()
    (tmp_path / name).write_text(text)
    assert class_names(model, tmp_path / "lists") == ("tench", "goldfish")
