"""Fetching from the hub: what is chosen, going on after a cut, hashes, full disks, no network."""

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from studio.app.models.hub import Progress, fetch, planned, remaining, shown_size, unfinished
from studio.app.models.hub_plan import HubError, HubFile, Wish, chosen, wish_of
from studio.app.models.word_lists import WORD_LISTS, plan_for
from tests.app.models.conftest import WEIGHTS, reach
from tests.app.models.hub_server import HubServer

UNET = "unet/diffusion_pytorch_model.safetensors"


def silent(_progress: Progress) -> None:
    pass


def names(*texts: str) -> tuple[HubFile, ...]:
    return tuple(HubFile(name=text, nbytes=1) for text in texts)


def test_a_pipeline_is_fetched_without_programs_doubles_and_checkers(
    hub: HubServer, tmp_path: Path
) -> None:
    plan = planned("CompVis/tiny")
    assert {file.name for file in plan.files} == {
        "model_index.json", "unet/config.json", UNET, "tokenizer/vocab.txt",
    }  # fmt: skip
    assert plan.licence == "openrail"
    assert plan.nbytes == len(WEIGHTS) + 41 + 2 + 6
    heard: list[Progress] = []
    fetch(plan, tmp_path / plan.folder, heard.append)
    assert (tmp_path / "CompVis--tiny" / UNET).read_bytes() == WEIGHTS
    assert heard[-1].done == plan.nbytes == heard[-1].total
    assert [p.done for p in heard] == sorted(p.done for p in heard)
    assert any(p.checking for p in heard)
    assert unfinished(tmp_path) == []
    before = len(hub.log)
    fetch(plan, tmp_path / plan.folder, silent)
    assert len(hub.log) == before


def test_a_cut_connection_goes_on_where_it_was(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    plan = planned("CompVis/tiny")
    hub.cut_after = 2_500_000
    fetch(plan, tmp_path / plan.folder, silent)
    assert (tmp_path / plan.folder / UNET).read_bytes() == WEIGHTS
    asked = [wanted for name, wanted in hub.log if name == UNET]
    assert asked[0] is None
    assert asked[1] is not None
    assert 0 < int(asked[1].removeprefix("bytes=").rstrip("-")) <= 2_500_000


def test_a_stopped_download_goes_on_in_another_sitting(hub: HubServer, tmp_path: Path) -> None:
    plan = planned("CompVis/tiny")
    folder = tmp_path / plan.folder

    def stop(progress: Progress) -> None:
        if progress.file == UNET and progress.done > 1_500_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(plan, folder, stop)
    assert not (folder / UNET).exists()
    left = remaining(plan, folder)
    assert 0 < left < plan.nbytes - 1_000_000
    assert unfinished(tmp_path) == [plan]
    hub.log.clear()
    fetch(plan, folder, silent)
    assert (folder / UNET).read_bytes() == WEIGHTS
    wanted = [wanted for name, wanted in hub.log if name == UNET]
    words = plan.files[-1].nbytes  # come after the weights
    assert wanted == [f"bytes={len(WEIGHTS) - (left - words)}-"]


def test_a_wrong_hash_leaves_nothing(hub: HubServer, tmp_path: Path) -> None:
    hub.lies = True
    plan = planned("CompVis/tiny")
    with pytest.raises(HubError, match="did not arrive as published"):
        fetch(plan, tmp_path / "x", silent)
    assert not list((tmp_path / "x").rglob("*.safetensors*"))


def test_small_files_are_checked_by_gits_own_hash(hub: HubServer, tmp_path: Path) -> None:
    plan = planned("CompVis/tiny")
    hub.files["CompVis/tiny"]["unet/config.json"] = b"[]"
    with pytest.raises(HubError, match=r"unet/config.json .* did not arrive as published"):
        fetch(plan, tmp_path / "x", silent)


def test_a_full_disk_is_noticed_before_and_during(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned("CompVis/tiny")
    usage = namedtuple("usage", "total used free")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: usage(10, 10, 1000))
        with pytest.raises(HubError, match=r"needs 3 MB more, and .* has only 1 kB free"):
            fetch(plan, tmp_path / "x", silent)
    assert not (tmp_path / "x").exists()

    def full(progress: Progress) -> None:
        if progress.done > 2_000_000:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(HubError, match="The disk is full: make room"):
        fetch(plan, tmp_path / "x", full)
    assert remaining(plan, tmp_path / "x") < plan.nbytes


def test_without_a_network_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reach(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"cannot be reached.*CompVis/tiny/tree/main"):
        planned("CompVis/tiny")
    clip = WORD_LISTS[0]
    with pytest.raises(HubError, match=r"put vocab.json and merges.txt .* into .*clip"):
        plan_for(clip, tmp_path)


def test_names_that_are_none_are_refused(hub: HubServer) -> None:
    with pytest.raises(HubError, match="The hub has no model “no/body”"):
        planned("no/body")
    with pytest.raises(HubError, match="holds no model"):
        planned("who/words")
    with pytest.raises(HubError, match=r"holds several models.*a.safetensors, b.safetensors\."):
        planned("who/many")
    assert [file.name for file in planned("who/many/b.safetensors").files] == ["b.safetensors"]
    assert [f.name for f in planned("who/single").files] == ["a.safetensors", "a.yaml"]


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("a/b", Wish("a/b")),
        ("a/b/c/d.ckpt", Wish("a/b", "c/d.ckpt")),
        ("https://huggingface.co/a/b", Wish("a/b")),
        ("huggingface.co/a/b/tree/v2", Wish("a/b", None, "v2")),
        ("https://hf.co/a/b/blob/main/x%20y.ckpt", Wish("a/b", "x y.ckpt", "main")),
        ("https://huggingface.co/a/b/resolve/main/x.ckpt?download=true",
         Wish("a/b", "x.ckpt", "main")),
    ],
)  # fmt: skip
def test_names_and_addresses_are_understood(text: str, wish: Wish) -> None:
    assert wish_of(text, ("huggingface.co", "hf.co")) == wish


@pytest.mark.parametrize("text", ["", "a", "a/..", "../b", "https://evil.example/a/b"])
def test_other_texts_are_not(text: str) -> None:
    with pytest.raises(HubError):
        wish_of(text, ("huggingface.co",))


def test_pieces_of_weights_come_with_their_index() -> None:
    files = names(
        "model_index.json", "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors.index.json",
        "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
        "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.bin",
        "unet/deeper/config.json", "flax/config.json",
    )  # fmt: skip
    kept = {file.name for file in chosen(files, Wish("a/b"))}
    assert kept == {name.name for name in files[:5]}


def test_names_that_leave_their_folder_are_never_chosen() -> None:
    bad = names("model_index.json", "unet/config.json", "unet/../../x.json", "unet/C:x.json",
                "unet/diffusion_pytorch_model.bin")  # fmt: skip
    assert len(chosen(bad, Wish("a/b"))) == 3


def test_an_upscaler_alone_is_chosen_and_training_files_beside_a_model_are_not() -> None:
    alone = names("RealESRGAN_x4plus.pth", "README.md", "optimizer.bin")
    assert [file.name for file in chosen(alone, Wish("a/b"))] == ["RealESRGAN_x4plus.pth"]
    beside = names("model.safetensors", "optimizer.pt", "scheduler.pt")
    assert [file.name for file in chosen(beside, Wish("a/b"))] == ["model.safetensors"]
    (asked,) = chosen(beside, Wish("a/b", "optimizer.pt"))
    assert asked.name == "optimizer.pt"
    with pytest.raises(HubError, match=r"no \.safetensors, \.ckpt or \.pth file"):
        chosen(alone, Wish("a/b", "optimizer.bin"))


def test_sizes_are_shown_as_people_read_them() -> None:
    shown = [shown_size(n) for n in (0, 999, 26_400_000, 4_270_000_000)]
    assert shown == ["0 B", "999 B", "26 MB", "4.3 GB"]
