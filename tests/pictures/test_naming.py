"""Names of enlarged pictures, and which pictures are meant."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.contract.geometry import Size
from studio.contract.upscaling import UpscaleMode
from studio.pictures.batch_settings import BatchSettings
from studio.pictures.finding import pictures_in
from studio.pictures.naming import check_pattern, free_name, same_name
from studio.pictures.picture import PictureError

SETTINGS = BatchSettings(
    scale=3,
    mode=UpscaleMode.VIVID,
    format="webp",
    folder=Path("/out"),
    fallback=Path("/pictures"),
)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (None, "photo.old-3x.webp"),
        ("{name}-{scale}x", "photo.old-3x.webp"),
        ("{name}_{mode}_{model}", "photo.old_vivid_upscale-x4.webp"),
        ("big {name}", "big photo.old.webp"),
    ],
)
def test_patterns_are_filled_in(pattern: str | None, name: str) -> None:
    settings = replace(SETTINGS, pattern=pattern)
    assert settings.name_for(Path("/in/photo.old.jpg")) == name


@pytest.mark.parametrize(
    "pattern",
    ["{scale}", "a/{name}", "{name", "{what}{name}", "{name}{}", "", "{name}\n", "{name}{scale:d}"],
)
def test_patterns_that_can_not_be_used_say_why(pattern: str) -> None:
    with pytest.raises(PictureError, match=r"\.$|; .*\.$"):
        check_pattern(pattern)
    with pytest.raises(ValueError, match=r"."):
        replace(SETTINGS, pattern=pattern)


def test_pictures_without_a_folder_of_their_own_go_to_the_pictures_folder() -> None:
    beside = replace(SETTINGS, folder=None)
    assert beside.folder_for(Path("/history/a.png"), own=True) == Path("/pictures")
    assert beside.folder_for(Path("/in/a.png")) == Path("/in")
    assert SETTINGS.folder_for(Path("/in/a.png")) == Path("/out")


@pytest.mark.parametrize("pattern", [None, "{name}-{scale}x"])
def test_where_a_size_is_asked_for_the_name_holds_it(pattern: str | None) -> None:
    within = replace(SETTINGS, scale=None, within=Size(100, 100), pattern=pattern)
    assert within.name_for(Path("a.png"), size=Size(30, 20)) == "a-100x67.webp"
    exact = replace(SETTINGS, scale=None, target=Size(7, 9), pattern=pattern)
    assert exact.name_for(Path("a.png"), size=Size(30, 20)) == "a-7x9.webp"


def test_files_fit_within_a_size_with_their_own_proportions() -> None:
    within = replace(SETTINGS, scale=None, within=Size(640, 480))
    assert within.size_for(Size(64, 64)) == Size(480, 480)
    assert within.size_for(Size(200, 10)) == Size(640, 32)
    assert within.size_for(Size(1, 4000)) == Size(1, 480)
    assert SETTINGS.size_for(Size(20, 10)) == Size(60, 30)


@pytest.mark.parametrize(
    ("source", "kind", "suffix"),
    [
        ("a", "jpeg", ".jpg"),
        ("a", "tiff", ".tif"),
        ("a", "gif", ".png"),
        ("a.png", "jpeg", ".jpg"),
        ("a.tiff", None, ".tif"),
        ("a", None, ".png"),
    ],
)
def test_a_picture_can_keep_its_format_if_it_can_be_written(
    source: str, kind: str | None, suffix: str
) -> None:
    same = replace(SETTINGS, format="same")
    assert Path(same.name_for(Path(source), kind)).suffix == suffix


def test_a_free_name_is_neither_there_nor_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.b.png"
    assert free_name(path, set()) == path
    path.touch()
    assert free_name(path, {same_name(tmp_path / "A.B-2.PNG")}) == tmp_path / "a.b-3.png"
    assert free_name(path, set(), on_disk=False) == path


def test_folders_give_their_pictures_in_order_and_files_are_named_once(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt", "sub/c.webp", ".hidden/d.png", ".e.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    wanted = [tmp_path / name for name in ("a.JPG", "b.png", "sub/c.webp")]
    assert pictures_in([tmp_path]) == wanted
    odd = tmp_path / "notes.txt"
    assert pictures_in([tmp_path / "b.png", odd, tmp_path]) == [
        wanted[1],
        odd,
        wanted[0],
        wanted[2],
    ]
