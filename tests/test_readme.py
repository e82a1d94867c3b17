"""The README's Python runs as it is written."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import studio
from studio.contract.events import Finished
from tests.real_window import PROJECT
from tests.tiny_checkpoints import write_stable_diffusion

SNIPPETS = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_bundled_model_paints() -> None:
    names: dict[str, Any] = {}
    exec(SNIPPETS[0], names)
    assert names["picture"].dtype == np.uint8
    assert Path("lake.png").stat().st_size > 1000
    assert isinstance(names["event"], Finished)


def test_a_published_checkpoint_is_taken_apart() -> None:
    write_stable_diffusion(Path("v1-5-pruned.safetensors"))
    text = SNIPPETS[1].replace("512", "64")  # the tiny model need not make a large picture
    names: dict[str, Any] = {"studio": studio}
    exec(text, names)
    assert names["context"].shape == (1, 77, 64)
    assert names["eps"].shape == names["x_t"].shape
    assert names["z"].shape[1] == 4
    assert names["decoded"].shape == names["pixels"].shape
    assert torch.isfinite(names["decoded"]).all()
    assert names["castle"].shape == (64, 64, 3)
    assert isinstance(names["event"], Finished)


def test_every_snippet_is_run() -> None:
    assert len(SNIPPETS) == 2
