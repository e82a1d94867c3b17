"""Exponential moving average of weights."""

from typing import Any

import torch
from torch import nn


class Ema:
    """Keeps theta_ema <- d theta_ema + (1 - d) theta with d = min(decay, (1 + n) / (10 + n)).

    The warm-up d is the published one: early averages would otherwise hold the random start.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self._live = list(module.state_dict().values())
        self.weights = {name: t.detach().clone() for name, t in module.state_dict().items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take one step towards the module's present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        averages = list(self.weights.values())
        floats = [i for i, tensor in enumerate(averages) if tensor.is_floating_point()]
        torch._foreach_lerp_(
            [averages[i] for i in floats], [self._live[i].detach() for i in floats], 1 - decay
        )
        for i in set(range(len(averages))) - set(floats):
            averages[i].copy_(self._live[i])

    def state_dict(self) -> dict[str, Any]:
        """The averages and how many updates they hold."""
        return {"updates": self.updates, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved average."""
        self.updates = state["updates"]
        for name, tensor in self.weights.items():
            tensor.copy_(state["weights"][name])
