"""The parameters of several scenes as tensors that broadcast over their pictures."""

from collections.abc import Sequence

import torch
from torch import Tensor

from studio.worlds.scene import Scene


class Batch:
    """Scenes side by side; ``batch["eye"]`` is float32 [B, 1, 1]."""

    def __init__(self, scenes: Sequence[Scene], size: tuple[int, int], device: torch.device):
        self.scenes = tuple(scenes)
        self.height, self.width = size
        self.device = device
        self._columns: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return len(self.scenes)

    def column(self, values: Sequence[float]) -> Tensor:
        """float32 [B, 1, 1] of one number per scene."""
        return torch.tensor(values, dtype=torch.float32, device=self.device).view(-1, 1, 1)

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._columns:
            self._columns[name] = self.column([float(getattr(s, name)) for s in self.scenes])
        return self._columns[name]

    def where(self, name: str, *values: str) -> Tensor:
        """float32 [B, 1, 1]: 1 for the scenes whose attribute is one of the values."""
        key = f"{name}={values}"
        if key not in self._columns:
            chosen = [float(getattr(s, name) in values) for s in self.scenes]
            self._columns[key] = self.column(chosen)
        return self._columns[key]

    def any(self, name: str, *values: str) -> bool:
        """Whether a scene of the batch has one of the values (or, without values, is above 0)."""
        if values:
            return any(getattr(s, name) in values for s in self.scenes)
        return any(getattr(s, name) > 0 for s in self.scenes)

    def top(self, name: str) -> float:
        """The largest value of a parameter."""
        return max(float(getattr(s, name)) for s in self.scenes)
