"""A hub on this computer, and a register of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import close_session

from studio.app.models.register import Register
from tests.app.models.hub_server import HubServer

WEIGHTS = bytes(range(256)) * 4096 * 3


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    pipeline = {
        "model_index.json": b'{"_class_name": "LDMTextToImagePipeline"}',
        "README.md": b"# hello",
        "run.py": b"import os",
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": WEIGHTS,
        "unet/diffusion_pytorch_model.bin": WEIGHTS,
        "unet/pipeline.py": b"import os",
        "tokenizer/vocab.txt": b"[PAD]\n",
        "safety_checker/model.safetensors": WEIGHTS,
    }
    server = HubServer(
        {
            "CompVis/tiny": pipeline,
            "who/single": {"a.ckpt": b"old", "a.safetensors": WEIGHTS[:999], "a.yaml": b"model:\n"},
            "who/many": {"a.safetensors": b"1", "b.safetensors": b"2", "../c.safetensors": b"3"},
            "who/words": {"README.md": b"nothing"},
        }
    )
    reach(monkeypatch, server.address)
    yield server
    close_session()
    server.close()


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "models.json", tmp_path / "downloads", tmp_path / "bundled")


def reach(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """What HF_ENDPOINT does, after the hub's library has been imported."""
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
