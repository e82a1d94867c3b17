"""The measuring itself works, on a model too small to say anything about speed."""

from pathlib import Path

import pytest
import torch

from tests.benchmarks.opening import probe
from tests.benchmarks.painting import loop_and_previews
from tests.benchmarks.rrdbnet import rrdbnet
from tests.benchmarks.table import Row
from tests.benchmarks.upscaling import beside_rrdbnet, growth, memory
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


def test_upscaling_is_measured(tiny_upscaler: Path) -> None:
    assert 0 < beside_rrdbnet(str(tiny_upscaler), rounds=1, side=16).value < 10
    assert growth(str(tiny_upscaler), rounds=1, small=16, large=48).value > -100
    assert 0 < memory(str(tiny_upscaler), 64).value < 1


def test_the_other_upscaler_has_the_published_size() -> None:
    network = rrdbnet()
    assert sum(weights.numel() for weights in network.parameters()) == 16_697_987
    assert network(torch.zeros(1, 3, 8, 6)).shape == (1, 3, 32, 24)


@pytest.mark.window
def test_a_window_is_measured(tiny_model: Path, virtual_display: VirtualDisplay) -> None:
    report = probe(str(tiny_model), 1, virtual_display)
    assert 0 < report["usable"] < 300
    assert report["gaps"]
