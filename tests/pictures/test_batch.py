"""Plans of many pictures, and the journal that follows them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.contract.geometry import Size
from studio.contract.upscaling import UpscaleMode
from studio.pictures.batch import BatchItem, BatchPlan, ItemState, plan_batch
from studio.pictures.batch_settings import BatchSettings, IfThere
from studio.pictures.journal import Journal
from studio.pictures.picture import Picture

SETTINGS = BatchSettings()


def into(folder: Path) -> BatchSettings:
    return replace(SETTINGS, folder=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "in" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / ".hidden").mkdir()
    for name in ("b.png", "a.jpg", "a.png", "A.PNG", "notes.txt", ".c.png", ".hidden/d.png"):
        (inner.parent / name).write_bytes(b"x")
    (inner / "a.png").write_bytes(b"x")
    return inner.parent


def names(plan: BatchPlan, output: Path) -> list[str]:
    return [item.target.relative_to(output).as_posix() for item in plan.items]


def test_a_folder_gives_each_picture_a_name_of_its_own(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan = plan_batch([folder], into(out))
    assert names(plan, out) == [
        "A-4x.png",
        "a-4x-2.png",
        "a-4x-3.png",
        "b-4x.png",
        "inner/a-4x.png",
    ]
    assert all(item.state is ItemState.WAITING for item in plan.items)
    flat = plan_batch([folder], into(out), recursive=False)
    assert len(flat.items) == 4


def test_a_source_counts_once_and_results_are_no_sources(folder: Path) -> None:
    plan = plan_batch([folder / "b.png", folder, folder / "b.png"], SETTINGS)
    assert [item.source.name for item in plan.items].count("b.png") == 1
    (folder / "b-4x.png").write_bytes(b"a result")
    again = plan_batch([folder], SETTINGS)
    assert "b-4x.png" not in [item.source.name for item in again.items]
    inside = plan_batch([folder], into(folder / "inner"))
    assert not [item for item in inside.items if item.source.parent.name == "inner"]


def test_what_is_missing_is_refused_and_the_rest_is_planned(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    plan = plan_batch([tmp_path / "none.png", tmp_path / "empty", folder / "b.png"], SETTINGS)
    assert plan.count(ItemState.FAILED) == 2
    assert list(plan.waiting) == [0]
    assert "no file or folder" in plan.items[1].sentence
    assert "no picture" in plan.items[2].sentence


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (BatchSettings(scale=2.5, format="jpeg"), "a-2.5x.jpg"),
        (BatchSettings(target=Size(30, 20), format="same"), "a-30x20.webp"),
        (BatchSettings(pattern="{model} {mode} {name}", mode=UpscaleMode.VIVID), None),
    ],
)
def test_names(settings: BatchSettings, name: str | None) -> None:
    assert settings.name_for(Path("a.webp")) == (name or "upscale-x4 vivid a.png")


def test_settings_become_the_request() -> None:
    settings = BatchSettings(scale=3, mode=UpscaleMode.VIVID, strength=0.2, repair=0.7, seed=5)
    picture = Picture(pixels=np.zeros((2, 3, 4), dtype=np.uint16), format="png")
    request = settings.request(picture.pixels)
    assert (request.output_size, request.mode, request.strength) == (Size(9, 6), "vivid", 0.2)
    assert (request.repair, request.seed) == (0.7, 5)


def done_plan(folder: Path, tmp_path: Path) -> BatchPlan:
    """The first picture is done, its result there; the second refused."""
    plan = plan_batch([folder], into(tmp_path / "out"))
    plan.items[0].target.parent.mkdir()
    Image.new("L", (1, 1)).save(plan.items[0].target)
    plan = plan.marked(0, ItemState.DONE, "a notice")
    return plan.marked(1, ItemState.FAILED, "a reason")


def test_going_on_leaves_out_what_is_done(folder: Path, tmp_path: Path) -> None:
    earlier = done_plan(folder, tmp_path)
    plan = plan_batch([folder], into(tmp_path / "out"))
    assert list(plan.going_on(earlier).waiting) == [1, 2, 3, 4]
    assert plan.going_on(earlier).items[0] == earlier.items[0]


def test_a_changed_source_setting_or_lost_result_is_done_again(
    folder: Path, tmp_path: Path
) -> None:
    earlier = done_plan(folder, tmp_path)
    plan = plan_batch([folder], into(tmp_path / "out"))
    other = replace(plan, settings=replace(plan.settings, repair=1.0))
    assert list(other.going_on(earlier).waiting) == [0, 1, 2, 3, 4]
    earlier.items[0].source.write_bytes(b"another picture")
    assert list(plan.going_on(earlier).waiting) == [0, 1, 2, 3, 4]
    earlier = plan.marked(0, ItemState.DONE)
    earlier.items[0].target.unlink()
    assert list(plan.going_on(earlier).waiting) == [0, 1, 2, 3, 4]


def test_a_journal_tells_what_is_done(folder: Path, tmp_path: Path) -> None:
    settings = BatchSettings(
        target=Size(3, 4), mode=UpscaleMode.VIVID, format="avif", quality=3, folder=tmp_path / "öut"
    )
    file = tmp_path / "data" / "journal.jsonl"
    journal = Journal.start(file, plan_batch([folder], settings))
    journal.mark(1, ItemState.DONE, "Größe")
    journal.mark(0, ItemState.FAILED, "broken")
    read = Journal.open(file)
    assert read is not None
    assert read.plan == journal.plan
    assert read.plan.items[1].sentence == "Größe"
    read.mark(2, ItemState.DONE)
    assert Journal.open(file).plan == read.plan  # type: ignore[union-attr]
    read.remove()
    assert Journal.open(file) is None


def test_a_journal_follows_pictures_that_come_go_and_change(tmp_path: Path) -> None:
    settings = BatchSettings(within=Size(9, 9), if_there=IfThere.SKIP, fallback=tmp_path)
    items = tuple(BatchItem(source=Path(f"/{name}.png"), own=name == "b") for name in "abc")
    file = tmp_path / "journal.jsonl"
    journal = Journal.start(file, BatchPlan(settings=settings, items=items))
    begun = replace(items[1], state=ItemState.RUNNING, target=Path("/b-4x.png"))
    changed = (items[0], begun, items[2])
    for kept in (changed, changed[1:], (*changed, BatchItem(source=Path("/d.png"))), ()):
        plan = BatchPlan(settings=settings, items=kept)
        journal.follow(plan)
        read = Journal.open(file)
        assert read is not None
        assert read.plan == plan
        assert read.plan.unfinished is bool(kept)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("left", [0.99, 0.6, 0.3])
def test_a_journal_that_was_cut_off_tells_what_it_holds(
    left: float, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "journal.jsonl"
    journal = Journal.start(file, plan_batch([folder], into(tmp_path / "out")))
    for at in range(5):
        journal.mark(at, ItemState.DONE)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * left)])
    read = Journal.open(file)
    assert read is not None
    known = [item.target for item in journal.plan.items]
    assert [item.target for item in read.plan.items] == known[: len(read.plan.items)]
    assert read.plan.count(ItemState.DONE) < 5
    read.mark(0, ItemState.FAILED, "later")
    again = Journal.open(file)
    assert again is not None
    assert again.plan == read.plan


@pytest.mark.parametrize("text", ["", "nonsense\n", '{"format": 99}\n', "[]\n", '{"format": 1}\n'])
def test_what_is_no_journal_is_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text(text)
    assert Journal.open(tmp_path / "journal.jsonl") is None


def test_a_disk_that_refuses_costs_only_the_journal(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    plan = plan_batch([folder], SETTINGS)
    journal = Journal.start(tmp_path / "file" / "journal.jsonl", plan)
    journal.mark(0, ItemState.DONE)
    assert journal.plan.count(ItemState.DONE) == 1
