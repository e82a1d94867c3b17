"""These networks are so small that a second thread only costs time; and what is compared with other
implementations is computed in float32, whatever this processor is fastest in.
"""

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
def _in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "bf16_pays", lambda: False)
