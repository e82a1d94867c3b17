"""Names of enlarged pictures."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.app.batch_file import BatchFile
from studio.app.finding import pictures_in
from studio.app.upscale_naming import example_name, fault_of, free_name, target_for
from studio.contract.geometry import Size
from tests.app.test_saved_batch import plan

OPTIONS = plan().options
NAMING = plan().naming


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{name}-{scale}x", "photo.old-3x.webp"),
        ("{name}_{mode}_{model}", "photo.old_vivid_upscale-x4.webp"),
        ("big {name}", "big photo.old.webp"),
    ],
)
def test_patterns_are_filled_in(pattern: str, name: str) -> None:
    naming = replace(NAMING, pattern=pattern)
    file = BatchFile(Path("/in/photo.old.jpg"), size=Size(20, 10))
    assert fault_of(pattern) == ""
    assert target_for(file, OPTIONS, naming) == NAMING.folder / name


@pytest.mark.parametrize(
    "pattern",
    ["{scale}", "a/{name}", "{name", "{what}{name}", "{name}{}", "", "{name}\n", "{name}{scale:d}"],
)
def test_patterns_that_can_not_be_used_say_why_and_fall_back(pattern: str) -> None:
    naming = replace(NAMING, pattern=pattern, folder=None)
    assert fault_of(pattern).endswith(".")
    target = target_for(BatchFile(Path("/in/photo.jpg")), OPTIONS, naming)
    assert target == Path("/in/photo-3x.webp")
    assert example_name(OPTIONS, naming) == "photo-3x.webp"


def test_pictures_without_a_folder_of_their_own_go_to_the_pictures_folder() -> None:
    naming = replace(NAMING, folder=None)
    own = BatchFile(Path("/history/a.png"), own=True)
    assert target_for(own, OPTIONS, naming).parent == naming.fallback
    assert target_for(BatchFile(Path("/in/a.png")), OPTIONS, naming).parent == Path("/in")


def test_where_a_size_is_asked_for_the_name_holds_it() -> None:
    within = plan(Size(100, 100)).options
    naming = replace(NAMING, pattern="{name}-{scale}x")
    file = BatchFile(Path("a.png"), size=Size(30, 20))
    assert target_for(file, within, naming).stem == "a-100x67"


@pytest.mark.parametrize(("kind", "suffix"), [("jpeg", ".jpg"), ("tiff", ".tif"), ("gif", ".png")])
def test_a_picture_can_keep_its_format_if_it_can_be_written(kind: str, suffix: str) -> None:
    naming = replace(NAMING, format="same")
    assert target_for(BatchFile(Path("a"), format=kind), OPTIONS, naming).suffix == suffix


def test_a_free_name_is_neither_there_nor_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert free_name(path, set()) == path
    path.touch()
    assert free_name(path, {tmp_path / "a 2.png"}) == tmp_path / "a 3.png"


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
