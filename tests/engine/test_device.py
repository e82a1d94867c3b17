import pytest
import torch

from studio.engine import device
from studio.engine.device import bf16_pays, choose, use_threads
from studio.engine.model_error import ModelError


def test_the_cpu_can_always_be_chosen():
    chosen = choose("cpu")
    assert chosen.device == torch.device("cpu")
    assert chosen.dtype in (torch.float32, torch.bfloat16)
    assert chosen.title.startswith("CPU, ")
    assert choose().device.type in ("cpu", "cuda", "mps")


@pytest.mark.parametrize("name", ["abacus", "cuda:99", ""])
def test_a_device_that_is_not_there_is_refused_with_the_choice(name):
    with pytest.raises(ModelError, match="has no device") as caught:
        choose(name)
    assert "cpu" in caught.value.action


def timings(monkeypatch, *, fp32, bf16, error, told=None):
    def timed(x, weight):
        y = torch.ones(4, dtype=x.dtype)
        return (y, fp32) if x.dtype == torch.float32 else (y * (1 + error), bf16)

    monkeypatch.setattr(device, "_timed", timed)
    monkeypatch.setattr(device, "_has_bf16_instructions", lambda: told)
    bf16_pays.cache_clear()


@pytest.mark.parametrize(
    ("fp32", "bf16", "error", "dtype"),
    [
        (1.0, 0.5, 0.001, torch.bfloat16),
        (1.0, 0.95, 0.001, torch.float32),
        (1.0, 10.0, 0.001, torch.float32),
        (1.0, 0.1, 0.5, torch.float32),
        (1.0, 0.1, float("nan"), torch.float32),
    ],
)
def test_bf16_is_chosen_only_where_it_is_right_and_fast(monkeypatch, fp32, bf16, error, dtype):
    timings(monkeypatch, fp32=fp32, bf16=bf16, error=error)
    assert choose("cpu").dtype == dtype
    bf16_pays.cache_clear()


@pytest.mark.parametrize(
    ("told", "bf16", "error", "dtype"),
    [
        (True, 2.0, 0.001, torch.bfloat16),  # beside other work the clock says anything
        (True, 0.1, 0.5, torch.float32),
        (False, 0.1, 0.001, torch.float32),
    ],
)
def test_the_processors_word_counts_more_than_the_clock(monkeypatch, told, bf16, error, dtype):
    timings(monkeypatch, fp32=1.0, bf16=bf16, error=error, told=told)
    assert choose("cpu").dtype == dtype
    bf16_pays.cache_clear()


def test_a_processor_without_bf16_is_no_trouble(monkeypatch):
    def refuse(x, weight):
        if x.dtype == torch.bfloat16:
            raise RuntimeError("no kernel")
        return torch.ones(1), 1.0

    monkeypatch.setattr(device, "_timed", refuse)
    monkeypatch.setattr(device, "_has_bf16_instructions", lambda: None)
    bf16_pays.cache_clear()
    assert choose("cpu").dtype == torch.float32
    bf16_pays.cache_clear()


def test_threads_are_no_more_than_the_cores_we_may_use(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setattr(device, "_cores", lambda: 1)
    try:
        assert use_threads() == torch.get_num_threads() == 1
        assert use_threads(2) == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
