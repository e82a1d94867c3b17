"""Reading in a process of its own: the same pictures, and nothing that a decoder does matters."""

import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from studio.pictures import reader as reader_module
from studio.pictures.picture import PictureError
from studio.pictures.reader import PictureReader
from studio.pictures.reading import read_picture
from tests.pictures.corpus import write_case


def test_the_same_picture_as_in_this_process(tmp_path: Path) -> None:
    path = write_case(tmp_path, "png-rgba-16", 6).path
    with PictureReader() as reader:
        there, here = reader.read(path), read_picture(path)
        info = reader.probe(path, thumbnail_side=8)
    assert (there.pixels == here.pixels).all()
    assert not there.pixels.flags.writeable
    assert (there.exif, there.icc, there.xmp, there.dpi) == (
        here.exif,
        here.icc,
        here.xmp,
        here.dpi,
    )
    assert info.thumbnail is not None
    assert info.thumbnail.shape == (6, 8, 4)
    assert info.thumbnail.dtype == np.uint8


_others: list[psutil.Process] = []


@pytest.fixture(autouse=True)
def _know_the_others() -> None:
    """Children that earlier tests left to this process, such as multiprocessing's own helper."""
    _others[:] = psutil.Process().children()


def _children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child not in _others]


def _child() -> psutil.Process:
    (child,) = _children()
    return child


def test_a_decoder_that_dies_is_a_sentence_and_the_next_file_is_read(tmp_path: Path) -> None:
    path = write_case(tmp_path, "jpeg-rgb", 1).path
    with PictureReader() as reader:
        reader.read(path)
        child = _child()
        child.suspend()  # so that it dies in the middle of its work
        killer = threading.Timer(0.3, child.kill)
        killer.start()
        with pytest.raises(PictureError, match="brings its decoder down"):
            reader.read(path)
        killer.join()
        assert reader.read(path).size.width == 26
    assert _children() == []


def test_a_process_that_was_ended_while_idle_is_started_anew(tmp_path: Path) -> None:
    path = write_case(tmp_path, "jpeg-rgb", 1).path
    with PictureReader() as reader:
        reader.read(path)
        child = _child()
        child.kill()
        child.wait(timeout=10)
        assert reader.read(path).size.width == 26


def test_a_decoder_that_never_ends_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_case(tmp_path, "jpeg-rgb", 1).path
    with PictureReader() as reader:
        reader.read(path)
        _child().suspend()
        monkeypatch.setattr(reader_module, "_SECONDS", 0.1)
        with pytest.raises(PictureError, match="in time"):
            reader.read(path)
        monkeypatch.undo()
        assert reader.read(path).size.width == 26


def test_nothing_is_read_after_the_end(tmp_path: Path) -> None:
    path = write_case(tmp_path, "jpeg-rgb", 1).path
    reader = PictureReader()
    reader.close()
    with pytest.raises(PictureError):
        reader.read(path)
    assert _children() == []


def test_memory_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (10000, 10000)).save(path, compress_level=1)
    with PictureReader(memory=2**27) as reader:
        with pytest.raises(PictureError, match="needs more memory"):
            reader.read(path)
        assert reader.read(write_case(tmp_path, "jpeg-rgb", 1).path).format == "jpeg"
