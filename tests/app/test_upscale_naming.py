"""Names of enlarged pictures."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.app.finding import pictures_in
from studio.app.upscale_naming import example_name, fault_of, free_name, target_for
from studio.contract.geometry import Size
from tests.app.test_batch_plan import plan

OPTIONS = plan().options
NAMING = plan().naming


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{name}-{scale}x", "photo.old-3x.webp"),
        ("{name}_{width}x{height}_{mode}", "photo.old_60x30_vivid.webp"),
        ("big {name}", "big photo.old.webp"),
    ],
)
def test_patterns_are_filled_in(pattern: str, name: str) -> None:
    naming = replace(NAMING, pattern=pattern)
    source = Path("/in/photo.old.jpg")
    assert fault_of(pattern) == ""
    assert target_for(source, Size(20, 10), False, OPTIONS, naming) == NAMING.folder / name


@pytest.mark.parametrize(
    "pattern",
    ["{scale}", "a/{name}", "{name", "{what}{name}", "{name}{}", "", "{name}\n", "{name}{scale:d}"],
)
def test_patterns_that_can_not_be_used_say_why_and_fall_back(pattern: str) -> None:
    naming = replace(NAMING, pattern=pattern, folder=None)
    assert fault_of(pattern).endswith(".")
    target = target_for(Path("/in/photo.jpg"), None, False, OPTIONS, naming)
    assert target == Path("/in/photo-3x.webp")
    assert example_name(OPTIONS, naming) == ("photo-3x.webp", fault_of(pattern))


def test_pictures_without_a_folder_of_their_own_go_to_the_pictures_folder() -> None:
    naming = replace(NAMING, folder=None)
    own = target_for(Path("/history/a.png"), None, True, OPTIONS, naming)
    assert own.parent == naming.fallback
    assert target_for(Path("/in/a.png"), None, False, OPTIONS, naming).parent == Path("/in")


def test_a_fractional_scale_is_short() -> None:
    within = plan(Size(100, 100)).options
    naming = replace(NAMING, pattern="{name}-{scale}x")
    assert target_for(Path("a.png"), Size(30, 20), False, within, naming).stem == "a-3.33x"


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
