"""A batch over a real engine process (one without torch): order, pauses, accidents, resuming."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.app.background import Background
from studio.app.jobs import Job, Jobs, State
from studio.app.places import Places
from studio.app.settings import Settings
from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.app.upscale_task import FileStarted, TileShown, Upscaled
from studio.contract.events import Cancelled, Failed
from studio.contract.request import GenerateRequest
from studio.contract.upscaling import Region
from studio.pictures.batch import ItemState
from studio.pictures.batch_settings import IfThere
from studio.pictures.journal import Journal
from tests.app.conftest import Loop
from tests.app.test_jobs import SMALL

SLOW = {"upscale_mode": "vivid", "upscale_strength": 1.0}  # 0.1 s a tile


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.inside(tmp_path / "own").made()


@pytest.fixture
def settings() -> Iterator[Settings]:
    made = Settings()
    made.set("upscale_scale", "2")
    yield made
    made.save()  # stops its timer


@pytest.fixture
def made_batch(
    settings: Settings, jobs: Jobs, background: Background, places: Places
) -> Iterator[Callable[[], UpscaleBatch]]:
    batches: list[UpscaleBatch] = []

    def make() -> UpscaleBatch:
        batches.append(UpscaleBatch(settings, jobs, background, places))
        return batches[-1]

    yield make
    batches[-1].close()


@pytest.fixture
def batch(made_batch: Callable[[], UpscaleBatch]) -> UpscaleBatch:
    return made_batch()


def pictures(folder: Path, count: int, side: int = 48) -> list[Path]:
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(count)
    paths = [folder / f"p{number}.png" for number in range(count)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(path)
    return paths


def states(batch: UpscaleBatch) -> list[ItemState]:
    return [file.state for file in batch.files]


def begin(loop: Loop, batch: UpscaleBatch, paths: list[Path], **how: object) -> None:
    async def take_and_start() -> None:
        await batch.add(paths)
        batch.start(**how)

    loop.run(take_and_start())


def finished(loop: Loop, batch: UpscaleBatch) -> None:
    loop.until(lambda: batch.phase is Phase.IDLE and batch.running is None)


class Heard:
    """Every event of every file."""

    def __init__(self, batch: UpscaleBatch) -> None:
        self.events: list[tuple[str, object]] = []
        batch.progressed.connect(lambda file, event: self.events.append((file.name, event)))

    def kinds(self, name: str) -> list[type]:
        return [type(event) for its, event in self.events if its == name]


def test_files_are_enlarged_one_after_the_other(batch, loop: Loop, tmp_path: Path) -> None:
    heard = Heard(batch)
    paths = pictures(tmp_path / "in", 3)
    begin(loop, batch, [tmp_path / "in"])
    finished(loop, batch)
    assert states(batch) == [ItemState.DONE] * 3
    for file, path in zip(batch.files, paths, strict=True):
        assert file.target == path.with_name(f"{path.stem}-2x.png")
        with Image.open(path) as given, Image.open(file.target) as made:
            assert np.array_equal(np.asarray(given).repeat(2, 0).repeat(2, 1), np.asarray(made))
        kinds = heard.kinds(path.name)
        assert kinds[1:] == [FileStarted] + [TileShown] * 9 + [Upscaled]
    order = [name for name, event in heard.events if isinstance(event, Upscaled)]
    assert order == ["p0.png", "p1.png", "p2.png"]


def test_a_file_that_can_not_be_read_says_why_and_does_not_stop_the_others(
    batch, loop: Loop, tmp_path: Path
) -> None:
    first, second = pictures(tmp_path / "in", 2)
    damaged = tmp_path / "in" / "p0b.png"
    damaged.write_bytes(first.read_bytes()[:200])
    begin(loop, batch, [first, damaged, second, tmp_path / "gone.png"])
    finished(loop, batch)
    assert states(batch) == [ItemState.DONE, ItemState.FAILED, ItemState.DONE, ItemState.FAILED]
    assert "damaged" in batch.files[1].sentence
    assert "gone.png" in batch.files[3].sentence


def test_a_file_that_vanishes_after_it_was_added_fails_alone(
    batch, loop: Loop, tmp_path: Path
) -> None:
    first, second = pictures(tmp_path / "in", 2)
    loop.run(batch.add([first, second]))
    first.unlink()
    loop.run(_started(batch))
    finished(loop, batch)
    assert states(batch) == [ItemState.FAILED, ItemState.DONE]
    assert "p0.png" in batch.files[0].sentence


async def _started(batch: UpscaleBatch, **how: object) -> None:
    batch.start(**how)


async def _called(function: Callable[[], object]) -> None:
    function()


@pytest.mark.parametrize("model", ["missing", "broken"])
def test_a_fault_of_the_engine_is_a_sentence_and_leaves_no_file(
    batch, settings, loop: Loop, tmp_path: Path, model: str
) -> None:
    settings.set("upscale_model", model)
    begin(loop, batch, pictures(tmp_path / "in", 2))
    finished(loop, batch)
    assert states(batch) == [ItemState.FAILED] * 2
    assert all(file.sentence for file in batch.files)
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["p0.png", "p1.png"]


def test_a_pause_holds_after_the_tile_and_goes_on_where_it_stood(
    batch, settings, jobs, loop: Loop, tmp_path: Path
) -> None:
    heard = Heard(batch)
    for key, value in SLOW.items():
        settings.set(key, value)
    begin(loop, batch, pictures(tmp_path / "in", 2))
    loop.until(lambda: TileShown in heard.kinds("p0.png"))
    loop.run(_called(batch.pause))
    assert batch.pausing
    loop.until(lambda: not batch.pausing)
    tiles = heard.kinds("p0.png").count(TileShown)
    assert tiles < 9
    loop.rest(0.3)
    assert heard.kinds("p0.png").count(TileShown) == tiles
    assert batch.remaining() > 0
    loop.run(_called(batch.go_on))
    finished(loop, batch)
    assert heard.kinds("p0.png").count(TileShown) == 9
    assert heard.kinds("p0.png").count(FileStarted) == 1
    elapsed = [e.elapsed for name, e in heard.events if name == "p0.png" and hasattr(e, "elapsed")]
    assert elapsed == sorted(elapsed)
    assert states(batch) == [ItemState.DONE] * 2


def test_a_picture_comes_before_the_rest_of_a_file(
    batch, settings, jobs, loop: Loop, tmp_path: Path
) -> None:
    order: list[object] = []
    jobs.happened.connect(lambda job, event: order.append((job, event)))
    for key, value in SLOW.items():
        settings.set(key, value)
    heard = Heard(batch)
    begin(loop, batch, pictures(tmp_path / "in", 1))
    loop.until(lambda: TileShown in heard.kinds("p0.png"))
    picture = jobs.add(GenerateRequest(size=SMALL, steps=2))
    assert jobs.picture is picture
    loop.until(lambda: picture.over)
    assert picture.state is State.FINISHED
    assert batch.files[0].state is ItemState.RUNNING
    finished(loop, batch)
    assert heard.kinds("p0.png").count(TileShown) == 9
    assert batch.files[0].state is ItemState.DONE


def test_cancelling_takes_effect_and_the_rest_can_be_begun_again(
    batch, settings, loop: Loop, tmp_path: Path
) -> None:
    heard = Heard(batch)
    for key, value in SLOW.items():
        settings.set(key, value)
    begin(loop, batch, pictures(tmp_path / "in", 2))
    loop.until(lambda: TileShown in heard.kinds("p0.png"))
    loop.run(_called(batch.cancel))
    finished(loop, batch)
    assert states(batch) == [ItemState.WAITING] * 2
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["p0.png", "p1.png"]
    settings.set("upscale_mode", "faithful")
    loop.run(_started(batch))
    finished(loop, batch)
    assert states(batch) == [ItemState.DONE] * 2


def test_a_held_file_can_be_cancelled(batch, settings, loop: Loop, tmp_path: Path) -> None:
    heard = Heard(batch)
    for key, value in SLOW.items():
        settings.set(key, value)
    begin(loop, batch, pictures(tmp_path / "in", 1))
    loop.until(lambda: TileShown in heard.kinds("p0.png"))
    loop.run(_called(batch.pause))
    loop.until(lambda: not batch.pausing)
    loop.run(_called(batch.cancel))
    finished(loop, batch)
    assert heard.kinds("p0.png")[-1] is Cancelled
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["p0.png"]


@pytest.mark.parametrize("if_there", [IfThere.KEEP_BOTH, IfThere.REPLACE, IfThere.SKIP])
def test_nothing_is_written_over_unless_that_was_allowed(
    batch, loop: Loop, tmp_path: Path, if_there: IfThere
) -> None:
    paths = pictures(tmp_path / "in", 2)
    there = tmp_path / "in" / "p0-2x.png"
    there.write_bytes(b"precious")
    loop.run(batch.add(paths))
    assert loop.run(batch.already_there()) == [there]
    loop.run(_started(batch, if_there=if_there))
    finished(loop, batch)
    skipped = if_there is IfThere.SKIP
    assert states(batch) == [ItemState.SKIPPED if skipped else ItemState.DONE, ItemState.DONE]
    assert (there.read_bytes() == b"precious") is (if_there is not IfThere.REPLACE)
    if if_there is IfThere.KEEP_BOTH:
        assert batch.files[0].target.name == "p0-2x-2.png"


def test_a_picture_is_never_replaced_by_itself(batch, settings, loop: Loop, tmp_path: Path) -> None:
    settings.set("upscale_pattern", "{name}")
    (path,) = pictures(tmp_path / "in", 1)
    before = path.read_bytes()
    begin(loop, batch, [path], if_there=IfThere.REPLACE)
    finished(loop, batch)
    assert path.read_bytes() == before
    assert batch.files[0].target.name == "p0-2.png"


def test_results_of_equal_names_go_to_files_of_their_own(
    batch, settings, loop: Loop, tmp_path: Path
) -> None:
    settings.set("upscale_folder", str(tmp_path / "out"))
    (tmp_path / "out").mkdir()
    paths = pictures(tmp_path / "one", 1) + pictures(tmp_path / "two", 1, side=40)
    begin(loop, batch, paths, if_there=IfThere.REPLACE)
    finished(loop, batch)
    sizes = [Image.open(tmp_path / "out" / name).size for name in ("p0-2x.png", "p0-2x-2.png")]
    assert sizes == [(96, 96), (80, 80)]


def test_what_was_unfinished_is_there_at_the_next_start(
    made_batch, settings, places, jobs, background, loop: Loop, tmp_path: Path
) -> None:
    batch = made_batch()
    heard = Heard(batch)
    for key, value in SLOW.items():
        settings.set(key, value)
    begin(loop, batch, pictures(tmp_path / "in", 3, side=24))
    loop.until(lambda: Upscaled in heard.kinds("p0.png") and TileShown in heard.kinds("p1.png"))
    batch.close()
    jobs.cancel_all()
    loop.until(lambda: not jobs.busy)
    loop.run(background.drained())
    assert Journal.open(places.batch).plan.unfinished

    settings.set("upscale_scale", "8")  # what was begun keeps its own settings
    again = made_batch()
    restored: list[int] = []
    again.restored.connect(restored.append)
    loop.run(again.restore())
    assert restored == [2]
    assert again.phase is Phase.PAUSED
    assert states(again) == [ItemState.DONE, ItemState.WAITING, ItemState.WAITING]
    loop.run(_called(again.go_on))
    finished(loop, again)
    assert states(again) == [ItemState.DONE] * 3
    assert Image.open(tmp_path / "in" / "p2-2x.png").size == (48, 48)
    loop.run(background.drained())
    assert not places.batch.exists()


def test_a_lost_engine_fails_the_file_in_work_and_the_next_is_tried(
    batch, settings, jobs, loop: Loop, tmp_path: Path
) -> None:
    import psutil

    heard = Heard(batch)
    for key, value in SLOW.items():
        settings.set(key, value)
    begin(loop, batch, pictures(tmp_path / "in", 2))
    loop.until(lambda: TileShown in heard.kinds("p0.png"))
    psutil.Process(jobs._worker.engine_pid).kill()
    loop.until(lambda: TileShown in heard.kinds("p1.png"))
    assert states(batch) == [ItemState.FAILED, ItemState.RUNNING]
    loop.run(_called(batch.cancel))
    finished(loop, batch)


def test_a_region_is_only_looked_at(batch, loop: Loop, tmp_path: Path) -> None:
    (path,) = pictures(tmp_path / "in", 1)
    loop.run(batch.add([path]))
    seen: list[object] = []
    batch.preview.happened.connect(lambda file, region, event: seen.append(event))
    region = Region(left=8, top=4, width=20, height=10)
    loop.run(_called(lambda: batch.preview.begin(batch.files[0], region)))
    assert batch.preview.running
    loop.until(lambda: not batch.preview.running)
    given = np.asarray(Image.open(path))[4:14, 8:28]
    assert np.array_equal(seen[-1].pixels, given.repeat(2, 0).repeat(2, 1))
    assert batch.files[0].state is ItemState.WAITING
    assert [entry.name for entry in path.parent.iterdir()] == ["p0.png"]


def test_a_newer_preview_replaces_an_older_one(
    batch, settings, jobs, loop: Loop, tmp_path: Path
) -> None:
    for key, value in SLOW.items():
        settings.set(key, value)
    (path,) = pictures(tmp_path / "in", 1)
    loop.run(batch.add([path]))
    ended: list[tuple[Job, object]] = []
    jobs.happened.connect(lambda job, event: ended.append((job, event)))
    seen: list[Region] = []
    batch.preview.happened.connect(lambda file, region, event: seen.append(region))
    first, second = (Region(left=0, top=0, width=side, height=side) for side in (48, 16))
    loop.run(_called(lambda: batch.preview.begin(batch.files[0], first)))
    loop.run(_called(lambda: batch.preview.begin(batch.files[0], second)))
    loop.until(lambda: not batch.preview.running and not jobs.busy)
    assert set(seen) == {second}
    assert sum(isinstance(event, Cancelled) for _, event in ended) == 1


def test_a_pasted_picture_is_enlarged_into_the_pictures_folder(
    batch, settings, places, loop: Loop, tmp_path: Path
) -> None:
    settings.set("upscale_folder", str(tmp_path))
    pixels = np.arange(12 * 10 * 4, dtype=np.uint8).reshape(12, 10, 4)
    loop.run(batch.add_pixels(pixels))
    assert batch.files[0].own
    assert batch.files[0].source.parent == places.pasted
    loop.run(_started(batch))
    finished(loop, batch)
    made = Image.open(batch.files[0].target)
    assert (made.mode, made.size) == ("RGBA", (20, 24))


def test_a_folder_without_pictures_is_said(batch, loop: Loop, tmp_path: Path) -> None:
    said: list[Failed] = []
    batch.refused.connect(said.append)
    assert loop.run(batch.add([tmp_path])) == 0
    assert said[0].sentence.startswith("There is no picture")
    assert not batch.files


def test_files_are_listed_once_and_taken_out_again(batch, loop: Loop, tmp_path: Path) -> None:
    paths = pictures(tmp_path / "in", 3)
    assert loop.run(batch.add(paths[:2])) == 2
    assert loop.run(batch.add([tmp_path / "in"])) == 1
    loop.run(_called(lambda: batch.remove(batch.files[1])))
    assert [file.source for file in batch.files] == [paths[0], paths[2]]
    loop.run(_called(batch.clear))
    assert not batch.files
