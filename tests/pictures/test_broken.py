"""Broken and hostile files end in a sentence, soon, and within their memory."""

import os
import time
from pathlib import Path

import pytest

from studio.pictures.picture import PictureError
from studio.pictures.reader import PictureReader
from studio.pictures.reading import probe_picture, read_picture
from tests.pictures.breaking import bombs, broken_files
from tests.pictures.corpus import NAMES, write_case

GB = 10**9


def check_sentence(problem: PictureError, path: Path) -> None:
    sentence = str(problem)
    assert sentence.endswith("."), sentence
    assert path.name in sentence
    assert "\n" not in sentence
    assert len(sentence) < 300


def test_broken_files_end_in_a_sentence_or_a_picture(tmp_path: Path) -> None:
    whole = [write_case(tmp_path, name, 6).path for name in NAMES]
    refused = 0
    with PictureReader() as reader:
        for path in broken_files(whole, tmp_path, 150, seed=20260301):
            begun = time.monotonic()
            try:
                reader.read(path)
            except PictureError as problem:
                refused += 1
                check_sentence(problem, path)
            assert time.monotonic() - begun < 10
        assert reader.process.peak_memory < GB
    assert refused > 75


@pytest.mark.parametrize("name", bombs())
def test_bombs_are_refused_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(bombs()[name])
    begun = time.process_time()
    with pytest.raises(PictureError) as caught:
        read_picture(path)
    assert time.process_time() - begun < 1
    check_sentence(caught.value, path)
    if name.startswith("size"):
        assert "more than the 120 megapixels" in str(caught.value)


def test_the_limit_is_the_persons(tmp_path: Path) -> None:
    path = write_case(tmp_path, "jpeg-rgb", 6).path
    with pytest.raises(PictureError, match="18x26 pixels large, more than the"):
        read_picture(path, largest=100)
    with pytest.raises(PictureError, match="raise the limit"), PictureReader(largest=100) as reader:
        reader.read(path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("a letter to a friend"), "no picture of a kind"),
        (lambda path: os.mkfifo(path), "no ordinary file"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "damaged or incomplete"),
    ],
)
def test_what_is_no_picture(make: object, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(PictureError, match=sentence):
        read_picture(path)
    with pytest.raises(PictureError, match=sentence):
        probe_picture(path, thumbnail_side=64)


def test_a_wrong_suffix_does_not_matter(tmp_path: Path) -> None:
    path = write_case(tmp_path, "webp-rgb", 1).path
    assert read_picture(path.rename(tmp_path / "x.jpg")).format == "webp"
