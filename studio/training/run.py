"""A time-boxed, resumable training run: steps, checkpoints, metrics."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from tqdm import tqdm

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"


class Stateful(Protocol):
    """Anything a checkpoint keeps: modules, optimisers, averages."""

    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any) -> Any: ...


class Run:
    """One stage of training in ``directory``, stopped after ``minutes``.

    Iterating yields step numbers, counted over all sessions of the run. A checkpoint of every part
    in ``keep``, the random states and the step is written each ``checkpoint_minutes`` and at the
    end, atomically; ``resume`` goes on from the last one. Metrics are averaged over ``log_every``
    steps and written to metrics.jsonl and to TensorBoard event files.
    """

    def __init__(
        self,
        directory: Path,
        *,
        minutes: float,
        keep: Mapping[str, Stateful],
        resume: bool = False,
        device: torch.device | str = "cpu",
        checkpoint_minutes: float = 3.0,
        log_every: int = 20,
    ) -> None:
        self.directory = directory
        self.step = 0
        self.seconds = 0.0
        self._keep = keep
        self._device = device
        self._minutes = minutes
        self._checkpoint_seconds = checkpoint_minutes * 60
        self._log_every = log_every
        self._pending: dict[str, list[torch.Tensor]] = {}
        directory.mkdir(parents=True, exist_ok=True)
        if resume:
            self._load()
        elif (directory / METRICS).exists():
            (directory / METRICS).unlink()

    def __iter__(self) -> Iterator[int]:
        from torch.utils.tensorboard import SummaryWriter

        began = saved = time.monotonic()
        earlier = self.seconds
        budget = self._minutes * 60
        writer = SummaryWriter(str(self.directory / "tensorboard"))
        with tqdm(total=round(budget), unit="s", desc=self.directory.name, mininterval=5) as bar:
            while (elapsed := time.monotonic() - began) < budget:
                bar.update(round(elapsed) - bar.n)
                yield self.step
                self.step += 1
                self.seconds = earlier + time.monotonic() - began
                if self.step % self._log_every == 0:
                    bar.set_postfix_str(self._flush(writer), refresh=False)
                if time.monotonic() - saved > self._checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
        writer.close()
        self.save()

    def log(self, **metrics: torch.Tensor | float) -> None:
        """Note scalars of this step; they are averaged before they are written."""
        for name, value in metrics.items():
            tensor = torch.as_tensor(value, dtype=torch.float32).detach()
            self._pending.setdefault(name, []).append(tensor)

    def _flush(self, writer: Any) -> str:
        means = {name: torch.stack(values).mean().item() for name, values in self._pending.items()}
        self._pending.clear()
        row = {"step": self.step, "seconds": round(self.seconds, 1), **means}
        with (self.directory / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        for name, mean in means.items():
            writer.add_scalar(name, mean, self.step)
        return " ".join(f"{name} {mean:.4g}" for name, mean in means.items())

    def save(self) -> None:
        """Write the checkpoint; the previous one stays until the new one is complete."""
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "random": torch.get_rng_state(),
            "parts": {name: part.state_dict() for name, part in self._keep.items()},
        }
        part = self.directory / (CHECKPOINT + ".part")
        torch.save(state, part)
        os.replace(part, self.directory / CHECKPOINT)

    def _load(self) -> None:
        path = self.directory / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, map_location=self._device, weights_only=True)
        for name, part in self._keep.items():
            part.load_state_dict(state["parts"][name])
        torch.set_rng_state(state["random"].cpu())
        self.step = state["step"]
        self.seconds = state["seconds"]
