"""Fixtures: a small Stable Diffusion as diffusers makes it, and as the studio opens it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CLIPTokenizer

import studio
from studio.engine import device
from tests.engine.checkpoints import published_files as published


@pytest.fixture(autouse=True)
def in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "bf16_pays", lambda: False)


@pytest.fixture(scope="package")
def stable(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("stable")
    published.write_clip_words(folder / "words")
    words = CLIPTokenizer(str(folder / "words/vocab.json"), str(folder / "words/merges.txt"))
    pipeline = published.stable_diffusion(words)
    pipeline.save_pretrained(folder / "sd")
    return folder / "sd", pipeline


@pytest.fixture(scope="package")
def model(stable: tuple[Path, Any]) -> Any:
    """In float32 whatever this processor is fastest in: the weights are those of the file."""
    loaded = studio.load(stable[0], device="cpu").model
    loaded.unet.compute_dtype = torch.float32
    return loaded
