"""Metadata, alpha, depth and orientation of all kinds of files, through reading and writing."""

from pathlib import Path

import pytest

from studio.pictures.formats import BY_KEY_OUT, format_like
from studio.pictures.reading import probe_picture
from tests.pictures.corpus import NAMES, ORIENTATIONS, write_case
from tests.pictures.round_trip import problems


# Every kind in one orientation, another each; the benchmark takes all of them.
@pytest.mark.parametrize(
    ("name", "orientation"), [(name, 1 + place % 8) for place, name in enumerate(NAMES)]
)
def test_nothing_is_lost_without_a_word(name: str, orientation: int, tmp_path: Path) -> None:
    case = write_case(tmp_path, name, orientation)
    info = probe_picture(case.path)
    assert (info.size.height, info.size.width) == case.pixels.shape[:2]
    assert info.bits == 8 * case.pixels.itemsize
    assert problems(case, format_like(info.format).key, tmp_path) == []


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", ["jpeg-rgb", "tiff-grey", "png-rgba-16"])
def test_every_orientation_comes_out_upright(name: str, orientation: int, tmp_path: Path) -> None:
    assert problems(write_case(tmp_path, name, orientation), "png", tmp_path) == []


@pytest.mark.parametrize("format", BY_KEY_OUT)
@pytest.mark.parametrize("name", ["png-rgba-16", "png-grey-alpha-16"])
def test_every_format_keeps_what_it_can_and_says_the_rest(
    name: str, format: str, tmp_path: Path
) -> None:
    assert problems(write_case(tmp_path, name, 6), format, tmp_path) == []
