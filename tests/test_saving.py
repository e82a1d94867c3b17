"""Files that appear only when they are complete."""

import errno
import os
import stat
from pathlib import Path

import pytest

from studio.saving import PartFile, remove_leftovers, saving_problem


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    part = PartFile(path)
    part.stream.write(b"whole")
    assert not path.exists()
    part.commit()
    part.discard()
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    path.chmod(0o640)
    PartFile(path).commit()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b""


def test_what_is_discarded_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    part = PartFile(path)
    part.stream.write(b"new")
    part.discard()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    part = PartFile(path, replace=False)
    path.write_text("came up meanwhile")
    with pytest.raises(FileExistsError):
        part.commit()
    with pytest.raises(FileExistsError):
        PartFile(path, replace=False)
    assert list(tmp_path.iterdir()) == [path]


def test_leftovers_of_this_file_only_are_removed(tmp_path: Path) -> None:
    kept = [tmp_path / name for name in ("a[1].png", "a2.png", ".a2.png.0.part", ".b.part")]
    for file in kept:
        file.touch()
    part = PartFile(tmp_path / "a[1].png")  # as a killed program leaves it
    remove_leftovers(tmp_path / "a[1].png")
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    part.discard()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EFBIG, "larger than the disk allows"),
        (errno.EEXIST, "already"),
        (errno.ENOTDIR, "not a folder"),
        (errno.ENOENT, "no folder"),
        (errno.EACCES, "can't be written to"),
        (errno.EISDIR, "is a folder"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EIO, "could not be saved"),
    ],
)
def test_every_trouble_is_a_sentence(number: int, words: str, tmp_path: Path) -> None:
    sentence = saving_problem(tmp_path / "x.png", OSError(number, os.strerror(number)))
    assert words in sentence
    assert sentence.endswith(".")
