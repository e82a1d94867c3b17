"""Time-boxed, resumable runs."""

import json
from pathlib import Path

import torch
from torch import nn

from studio.training.ema import Ema
from studio.training.run import Run
from studio.training.stages import warm_cosine


def _short_run(directory: Path, network: nn.Module, resume: bool) -> Run:
    run = Run(directory, minutes=0.01, keep={"network": network}, resume=resume, log_every=1)
    for step in run:
        nn.init.constant_(network.weight, step)
        run.log(loss=torch.tensor(float(step)))
    return run


def test_a_resumed_run_goes_on_from_the_last_step(tmp_path: Path) -> None:
    first = _short_run(tmp_path, nn.Linear(1, 1), resume=False)
    network = nn.Linear(1, 1)
    second = Run(tmp_path, minutes=0.01, keep={"network": network}, resume=True)
    assert second.step == first.step > 0
    assert network.weight.item() == first.step - 1
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").open()]
    assert [row["loss"] for row in rows] == [row["step"] - 1 for row in rows]
    assert list((tmp_path / "tensorboard").iterdir())


def test_a_fresh_run_forgets_the_metrics_of_the_last(tmp_path: Path) -> None:
    _short_run(tmp_path, nn.Linear(1, 1), resume=False)
    run = _short_run(tmp_path, nn.Linear(1, 1), resume=False)
    rows = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert len(rows) == run.step


def test_ema_follows_the_published_warm_up() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    ema = Ema(network, decay=0.9)
    nn.init.ones_(network.weight)
    expected = 0.0
    for n in range(200):
        ema.update()
        decay = min(0.9, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay)
    assert torch.allclose(ema.weights["weight"], torch.tensor([[expected]]), atol=1e-6)


def test_learning_rate_warms_up_and_ends_low() -> None:
    assert warm_cosine(0, 0, 10, 100) == 0.01
    assert warm_cosine(200, 60, 10, 100) == 1
    assert abs(warm_cosine(200, 600, 10, 100) - 0.05) < 1e-9
