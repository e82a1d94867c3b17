"""These networks are so small that a second thread only costs time."""

from collections.abc import Iterator

import pytest
import torch

from studio.engine import device


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _whole_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where bf16 pays, the networks would be compared with the reference's rounding to 8 bits."""
    monkeypatch.setattr(device, "bf16_pays", lambda: False)
