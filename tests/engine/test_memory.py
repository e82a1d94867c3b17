"""Free memory and control groups, and refusing what does not fit."""

from pathlib import Path

import psutil
import pytest
import torch

from studio.engine import memory
from studio.engine.memory import check_room, free_memory, group_memory
from studio.engine.model_error import ModelError

CPU = torch.device("cpu")


def group(folder: Path, most: str, now: int, cached: int) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{now}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\n")
    return folder


def test_a_container_may_allow_less_than_there_is(tmp_path: Path) -> None:
    assert group_memory(tmp_path) is None
    assert group_memory(group(tmp_path, "max", 10, 0)) is None
    assert group_memory(group(tmp_path, "1000", 900, 300)) == 400
    assert group_memory(group(tmp_path, "1000", 2000, 0)) == 0


def test_the_older_control_groups(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder / "memory.limit_in_bytes").write_text("1000\n")
    (folder / "memory.usage_in_bytes").write_text("400\n")
    (folder / "memory.stat").write_text("cache 7\ntotal_inactive_file 100\n")
    assert group_memory(tmp_path) == 700


def test_the_least_of_both_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    assert 0 < free_memory(CPU) <= psutil.virtual_memory().total
    group(tmp_path, "1000", 0, 0)
    assert free_memory(CPU) == 1000


def test_what_does_not_fit_is_refused_with_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_GROUP", group(tmp_path, str(3 * 2**30), 2**30, 0))
    check_room("m.ckpt", 4 * 2**30, 2**30, CPU)
    with pytest.raises(ModelError) as told:
        check_room("m.ckpt", 4 * 2**30, 2 * 2**30, CPU)
    assert told.value.sentence == (
        "m.ckpt is too large for this computer as it is: the file has 4.0 GiB, and using it needs "
        "about 3.0 GiB of memory, of which 2.0 GiB are free."
    )
    assert "half precision" in told.value.action
