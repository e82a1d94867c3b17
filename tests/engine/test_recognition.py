"""What a file is, from its header."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from studio.contract.model_card import CardKind
from studio.engine.recognition import recognised
from tests.commands.test_models import write_model


def test_a_model_a_part_and_a_broken_file_are_told_apart(tmp_path: Path) -> None:
    published = recognised(write_model(tmp_path / "small.safetensors"))
    assert (published.family, published.dtypes) == ("unconditional", ("float16",))
    assert published.nbytes > 0
    save_file({"lora_unet_x.lora_down.weight": torch.zeros(2)}, tmp_path / "style.safetensors")
    part = recognised(tmp_path / "style.safetensors")
    assert (part.kind, part.title) == (CardKind.PART, "LoRA")
    (tmp_path / "page.safetensors").write_text("<html>")
    damaged = recognised(tmp_path / "page.safetensors")
    assert damaged.kind is CardKind.BROKEN
    assert "web page" in damaged.problem


def test_a_model_that_lacks_tensors_says_which(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    path = write_model(tmp_path / "small.safetensors")
    tensors = load_file(path)
    del tensors["model.diffusion_model.time_embed.0.bias"]
    save_file(tensors, path)
    card = recognised(path)
    assert card.kind is CardKind.BROKEN
    assert "time_embed.0.bias" in card.problem
