"""The map in work survives whatever happens to its file."""

from pathlib import Path

import numpy as np
import pytest

from studio.app.autosave import Autosave, backup_of, keep_map, recovered_map
from studio.app.background import Background
from studio.contract.geometry import Size
from studio.contract.materials import MATERIALS
from studio.document.document import Document
from studio.document.label_map import blank
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
