"""Metadata, alpha, depth and orientation of all kinds of files, through reading and writing."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.pictures.formats import BY_KEY_OUT, format_like
from tests.pictures.corpus import (
    DEEP_KINDS,
    ORIENTATIONS,
    PILLOW_KINDS,
    PLAIN_KINDS,
    Case,
    write_deep,
    write_plain,
    write_with_pillow,
)
from tests.pictures.round_trip import problems

_ORIENTATION = random.Random(7)
_MAKERS: dict[str, Callable[[Path], Case]] = {
    # Every kind in one orientation, another each; the benchmark takes all of them.
    **{
        kind.name: lambda folder, kind=kind, turn=_ORIENTATION.choice(ORIENTATIONS): (
            write_with_pillow(folder, kind, turn)
        )
        for kind in PILLOW_KINDS
    },
    **{kind.name: lambda folder, kind=kind: write_plain(folder, kind) for kind in PLAIN_KINDS},
    **{
        kind[0]: lambda folder, kind=kind, turn=_ORIENTATION.choice(ORIENTATIONS): write_deep(
            folder, *kind, turn
        )
        for kind in DEEP_KINDS
    },
}


@pytest.mark.parametrize("name", _MAKERS)
def test_nothing_is_lost_without_a_word(name: str, tmp_path: Path) -> None:
    case = _MAKERS[name](tmp_path)
    own = format_like(case.path.suffix.lstrip(".").replace("jpg", "jpeg").replace("tif", "tiff"))
    assert problems(case, own.key, tmp_path) == []


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", ["jpeg-rgb", "tiff-grey", "png-rgba-16"])
def test_every_orientation_comes_out_upright(name: str, orientation: int, tmp_path: Path) -> None:
    pillow = {kind.name: kind for kind in PILLOW_KINDS}
    deep = {kind[0]: kind for kind in DEEP_KINDS}
    if name in pillow:
        case = write_with_pillow(tmp_path, pillow[name], orientation)
    else:
        case = write_deep(tmp_path, *deep[name], orientation)
    assert problems(case, "png", tmp_path) == []


@pytest.mark.parametrize("format", BY_KEY_OUT)
@pytest.mark.parametrize("name", ["png-rgba-16", "png-grey-alpha-16"])
def test_every_format_keeps_what_it_can_and_says_the_rest(
    name: str, format: str, tmp_path: Path
) -> None:
    deep = {kind[0]: kind for kind in DEEP_KINDS}
    assert problems(write_deep(tmp_path, *deep[name], 6), format, tmp_path) == []
