"""The measuring itself works, on a model too small to say anything about speed."""

from pathlib import Path

import pytest

from tests.benchmarks.opening import probe
from tests.benchmarks.painting import loop_and_previews
from tests.benchmarks.table import Row
from tests.real_window import VirtualDisplay


def test_a_row_says_whether_its_goal_is_reached() -> None:
    row = Row(what="a picture", value=8.5, goal=8, unit="s", note="median of 5")
    assert "MISSED" in str(row)
    assert "reached" in str(Row(what="a picture", value=8, goal=8, unit="s"))


def test_loop_and_previews_are_measured(tiny_model: Path) -> None:
    loop, processor, clock = loop_and_previews(str(tiny_model), rounds=1)
    assert loop.value > 0
    assert processor.value > -100
    assert clock.value > -100


@pytest.mark.window
def test_a_window_is_measured(tiny_model: Path, virtual_display: VirtualDisplay) -> None:
    report = probe(str(tiny_model), 1, virtual_display)
    assert 0 < report["usable"] < 300
    assert report["gaps"]
