"""The journal of a batch: what is written is read again, and nothing else is."""

from pathlib import Path

import pytest

from studio.app.saved_batch import (
    FileState,
    IfThere,
    Naming,
    SavedBatch,
    SavedFile,
    read_batch,
    write_batch,
)
from studio.app.upscale_task import UpscaleOptions
from studio.contract.geometry import Size
from studio.contract.upscaling import UpscaleMode


def plan(within: Size | None = None) -> SavedBatch:
    return SavedBatch(
        options=UpscaleOptions(
            model="upscale-x4",
            scale=3.0,
            within=within,
            mode=UpscaleMode.VIVID,
            strength=0.35,
            repair=0.1,
            seed=7,
        ),
        naming=Naming(
            folder=Path("/out/cố đô"),
            fallback=Path("/pictures"),
            pattern="{name} {scale}",
            format="webp",
            quality=81,
        ),
        if_there=IfThere.SKIP,
        files=(
            SavedFile(source=Path("/a/ảnh.png"), target=Path("/b.webp"), state=FileState.DONE),
            SavedFile(source=Path("/c.png"), state=FileState.FAILED, sentence="“c” is damaged."),
            SavedFile(source=Path("/d.png"), own=True),
        ),
    )


@pytest.mark.parametrize("within", [None, Size(640, 480)])
def test_a_plan_comes_back_as_it_was_written(tmp_path: Path, within: Size | None) -> None:
    path = tmp_path / "plan.json"
    write_batch(path, plan(within))
    assert read_batch(path) == plan(within)
    assert read_batch(path).unfinished
    assert list(tmp_path.iterdir()) == [path]
    write_batch(path, None)
    assert read_batch(path) is None
    assert not path.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 99}', "null", '{"version": 1, "options": 3}']
)
def test_what_is_no_plan_is_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, "utf-8")
    assert read_batch(path) is None
    with pytest.raises(ValueError, match=r"."):
        SavedBatch.from_json(text)


def test_a_damaged_value_makes_the_plan_unreadable() -> None:
    text = plan().to_json()
    for old, new in (('"vivid"', '"wild"'), ('"skip"', '"ask"'), ("0.35", '"much"')):
        assert old in text
        with pytest.raises(ValueError, match=r"."):
            SavedBatch.from_json(text.replace(old, new))


def test_files_fit_within_a_size_with_their_own_proportions() -> None:
    options = plan(Size(640, 480)).options
    assert options.size_for(Size(64, 64)) == Size(480, 480)
    assert options.size_for(Size(200, 10)) == Size(640, 32)
    assert options.size_for(Size(1, 4000)) == Size(1, 480)
    assert plan().options.size_for(Size(20, 10)) == Size(60, 30)
