"""A network and the discriminator that it is trained against, updated in turns."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from studio.training.ema import Ema
from studio.training.losses import hinge_loss
from studio.training.run import Stateful


class Adversaries:
    """``rates`` are the learning rates of network and judge, ``betas`` those of Adam for both.

    ``ema`` averages the network's weights with ``decay``; ``parts`` is what a checkpoint keeps.
    """

    def __init__(
        self,
        network: nn.Module,
        judge: nn.Module,
        *,
        rates: tuple[float, float],
        betas: tuple[float, float],
        decay: float,
    ) -> None:
        self.network, self.judge = network, judge
        self.optimiser = torch.optim.Adam(network.parameters(), rates[0], betas)
        self.judge_optimiser = torch.optim.Adam(judge.parameters(), rates[1], betas)
        self.ema = Ema(network, decay)
        self._rates = rates
        self.parts: Mapping[str, Stateful] = {
            "network": network,
            "judge": judge,
            "optimiser": self.optimiser,
            "judge_optimiser": self.judge_optimiser,
            "ema": self.ema,
        }

    def set_pace(self, share: float) -> None:
        """Let both learn at ``share`` of their rates."""
        optimisers = (self.optimiser, self.judge_optimiser)
        for optimiser, rate in zip(optimisers, self._rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * share

    def improve(self, loss: Tensor) -> None:
        """One step of the network down its loss, of a gradient no longer than 1."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.ema.update()

    def improve_judge(self, of_real: Tensor, of_made: Tensor) -> Tensor:
        """One step of the judge by its verdicts (logits); returns its hinge loss."""
        loss = hinge_loss(of_real, of_made)
        self.judge_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.judge_optimiser.step()
        return loss
