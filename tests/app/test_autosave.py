"""The map in work survives whatever happens to its file."""

from pathlib import Path

import numpy as np
import pytest

from studio.app.autosave import Autosave, backup_of, keep_map, recovered_map
from studio.app.background import Background
from studio.app.guide_files import GUIDES, recovered_guides
from studio.app.guide_files import SOURCE as SOURCE_FILE
from studio.contract.geometry import Size
from studio.contract.materials import MATERIALS
from studio.contract.request import Box
from studio.document.document import Document
from studio.document.label_map import blank
from studio.document.mask import REPAINT
from studio.document.region import Region
from tests.app.conftest import Loop


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "working-map.png"


def labelled(number: int) -> np.ndarray:
    return blank(Size(48, 32), MATERIALS[number].id)


def test_the_newest_map_comes_back(path: Path) -> None:
    keep_map(path, labelled(0))
    keep_map(path, labelled(1))
    assert np.array_equal(recovered_map(path), labelled(1))


@pytest.mark.parametrize("keep", [0, 10, 60])
def test_a_truncated_map_gives_way_to_the_one_before(path: Path, keep: int) -> None:
    keep_map(path, labelled(0))
    keep_map(path, labelled(1))
    path.write_bytes(path.read_bytes()[:keep])
    assert np.array_equal(recovered_map(path), labelled(0))


def test_a_vanished_map_gives_way_to_the_one_before(path: Path) -> None:
    keep_map(path, labelled(0))
    keep_map(path, labelled(1))
    path.unlink()
    assert np.array_equal(recovered_map(path), labelled(0))
    backup_of(path).unlink()
    assert recovered_map(path) is None


def test_changes_during_a_writing_are_written_too(
    path: Path, loop: Loop, background: Background
) -> None:
    document = Document(labelled(0))
    autosave = Autosave(document, path, background)
    document.set_map(labelled(1))

    async def change_while_writing() -> None:
        task = background.start(autosave.write())
        await background.run(lambda: None)
        document.set_map(labelled(2))
        await task

    loop.run(change_while_writing())
    loop.until(lambda: not autosave.pending, 5)
    assert np.array_equal(recovered_map(path), labelled(2))
    autosave.close()


SOURCE = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)
BOX = Box(label=3, left=0.25, top=0, right=1, bottom=0.5)


def guided() -> Document:
    document = Document(labelled(0))
    document.set_source(SOURCE)
    document.mask.invert()
    document.set_depth(SOURCE[..., 0])
    document.set_boxes((BOX,))
    return document


def test_source_mask_depth_and_boxes_come_back(
    path: Path, loop: Loop, background: Background
) -> None:
    document = Document(labelled(0))
    autosave = Autosave(document, path, background)
    document.set_source(SOURCE)
    document.mask.paint(lambda labels: fill_rows(labels, 10))
    document.set_depth(SOURCE[..., 0])
    document.set_boxes((BOX,))
    loop.until(lambda: not autosave.pending, 5)
    back = Document(labelled(0), guides=recovered_guides(path.parent))
    assert np.array_equal(back.source, SOURCE)
    assert np.array_equal(back.mask.labels, document.mask.labels)
    assert np.array_equal(back.depth, SOURCE[..., 0])
    assert back.boxes == (BOX,)
    assert not back.history.can_undo
    for _ in range(4):
        document.undo()
    autosave.close()
    gone = recovered_guides(path.parent)
    assert (gone.source, gone.mask, gone.depth, gone.boxes) == (None, None, None, ())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def fill_rows(labels: np.ndarray, rows: int) -> Region:
    labels[:rows] = REPAINT
    return Region.whole(labels)


def test_a_mask_of_another_source_and_damaged_files_are_left_out(path: Path) -> None:
    document = guided()
    for file in GUIDES:
        file.keep(path.parent, file.taken(document))
    assert recovered_guides(path.parent).mask is not None
    other = Document(labelled(0))
    other.set_source(255 - SOURCE)
    SOURCE_FILE.keep(path.parent, SOURCE_FILE.taken(other))
    assert recovered_guides(path.parent).mask is None
    for file in GUIDES:
        kept = path.parent / file.name
        kept.write_bytes(kept.read_bytes()[:20])
    gone = recovered_guides(path.parent)
    assert (gone.source, gone.mask, gone.depth, gone.boxes) == (None, None, None, ())


def test_a_disk_that_refuses_is_told_once(
    tmp_path: Path, loop: Loop, background: Background
) -> None:
    document = Document(labelled(0))
    autosave = Autosave(document, tmp_path / "missing" / "map.png", background)
    told = []
    autosave.failed.connect(told.append)
    document.set_map(labelled(1))
    loop.run(autosave.write())
    loop.run(autosave.write())
    assert len(told) == 1
    assert told[0].action
    assert autosave.pending
    autosave.close()
