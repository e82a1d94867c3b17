"""Files of a person are opened in another process, as they would be in this one."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from studio.app.opener import Opener
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.document.formats import FORMATS, FileError, open_file, write_map, write_picture

PIXELS = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
LABELS = np.random.default_rng(2).integers(1, 9, (24, 32)).astype(np.uint8)


@pytest.fixture
def opener() -> Iterator[Opener]:
    made = Opener()
    yield made
    made.close()


def test_pictures_and_maps_are_the_same_as_in_this_process(opener: Opener, tmp_path: Path) -> None:
    picture, labels = tmp_path / "picture.png", tmp_path / "map.png"
    write_picture(picture, PIXELS, GenerateRequest(label_map=LABELS, size=Size(32, 24), seed=5))
    write_map(labels, LABELS)
    there, here = opener.open(picture), open_file(picture)
    assert there.request is not None
    assert here.request is not None
    assert (there.picture == PIXELS).all()
    assert (there.request.label_map == here.request.label_map).all()
    assert not there.request.label_map.flags.writeable
    assert there.request.seed == 5
    assert (opener.open(labels).labels == LABELS).all()
    assert opener.open_picture(labels).labels is None
    assert opener.open_depth(picture).shape == (24, 32)
    for row in FORMATS:
        path = labels if row.key == "map" else picture
        assert opener.open_as(path, row.key).format == row.read(path).format


def test_what_is_pasted_is_opened_or_refused(opener: Opener) -> None:
    data = io.BytesIO()
    Image.fromarray(PIXELS).save(data, "PNG")
    assert (opener.open_pasted(data.getvalue(), "The pasted picture").picture == PIXELS).all()
    for broken in (b"", b"nonsense", data.getvalue()[:300]):
        with pytest.raises(FileError, match="pasted picture is damaged"):
            opener.open_pasted(broken, "The pasted picture")


def test_a_broken_file_is_a_sentence_whatever_it_does(opener: Opener, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.png", tmp_path / "broken.png"
    Image.fromarray(PIXELS).save(whole)
    broken.write_bytes(whole.read_bytes()[:500])
    others = psutil.Process().children()
    with pytest.raises(FileError, match=r"“broken\.png” is damaged"):
        opener.open(broken)
    with pytest.raises(FileError, match=r"There is no file"):
        opener.open(tmp_path / "none.png")
    (child,) = (one for one in psutil.Process().children() if one not in others)
    child.suspend()  # so that it dies in the middle of its work
    killer = threading.Timer(0.3, child.kill)
    killer.start()
    with pytest.raises(FileError, match="brings its decoder down"):
        opener.open(whole)
    killer.join()
    assert (opener.open(whole).picture == PIXELS).all()
