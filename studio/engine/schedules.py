"""Noise schedules: how much signal and how much noise x_t holds at time t.

Every path is x_t = alpha(t) x_0 + sigma(t) eps. Time counts training steps: t = T - 1 is (nearly)
pure noise, t = 0 the least noisy step a network is trained on, t = -1 the clean latent; fractional
times lie between. The number t is also what the network is told.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

CLEAN = -1.0
MAX_RATIO = 160.0
"""Sampling begins where sigma/alpha is at most this (the published schedules end at 15..102)."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The times a sampler visits, descending, as plain floats; x_t = alpha x_0 + sigma eps.

    ``lam`` is log(alpha / sigma), half the log-SNR, and ``ratio`` is sigma / alpha, which
    arXiv:2206.00364 calls sigma; at the clean end they are inf and 0.
    """

    t: tuple[float, ...]
    alpha: tuple[float, ...]
    sigma: tuple[float, ...]
    lam: tuple[float, ...]
    ratio: tuple[float, ...]

    @property
    def steps(self) -> int:
        return len(self.t) - 1


class Schedule(ABC):
    """A path from data to noise over ``steps`` training steps."""

    steps: int

    @abstractmethod
    def alpha(self, t: Tensor) -> Tensor:
        """The signal's factor at times t (any shape, -1..T-1), float64."""

    @abstractmethod
    def sigma(self, t: Tensor) -> Tensor:
        """The noise's factor at times t (any shape, -1..T-1), float64."""

    @abstractmethod
    def time_of_ratio(self, ratio: float) -> float:
        """The time at which sigma / alpha equals ``ratio``, clamped to 0..T-1."""

    @abstractmethod
    def at(self, t: float) -> tuple[float, float]:
        """alpha and sigma at one time, without a tensor: a sampler asks in every step."""

    def alpha_bar(self, t: Tensor) -> Tensor:
        """The signal's share of the power, alpha^2 / (alpha^2 + sigma^2), float64 in 0..1."""
        alpha, sigma = self.alpha(t), self.sigma(t)
        return alpha**2 / (alpha**2 + sigma**2)

    def ratio(self, t: Tensor) -> Tensor:
        """sigma / alpha = sqrt((1 - alpha_bar) / alpha_bar), float64."""
        return self.sigma(t) / self.alpha(t)

    def log_snr(self, t: Tensor) -> Tensor:
        """log(alpha^2 / sigma^2), float64; inf at the clean end."""
        return 2 * (self.alpha(t).log() - self.sigma(t).log())

    def fraction(self, t: float) -> float:
        """Time as a fraction of the path: 0 = clean, 1 = pure noise."""
        return (t + 1) / self.steps

    def time(self, fraction: float) -> float:
        """The inverse of ``fraction``."""
        return fraction * self.steps - 1

    @property
    def start(self) -> float:
        """Where sampling begins: the last time, or earlier where the signal all but vanishes.

        Samplers that integrate over sigma/alpha would otherwise take one huge first step.
        """
        return min(self.time_of_ratio(MAX_RATIO), self.steps - 1.0)

    def grid(self, times: Sequence[float] | np.ndarray) -> Grid:
        """The coefficients at descending ``times``; raises ValueError for anything else."""
        t = torch.as_tensor(np.asarray(times, dtype=np.float64))
        if t.ndim != 1 or len(t) < 2 or not bool((t[1:] < t[:-1]).all()):
            raise ValueError("A sampler needs at least two times, in descending order.")
        alpha, sigma = self.alpha(t), self.sigma(t)
        if float(alpha.min()) <= 0:
            raise ValueError("Sampling cannot begin where no signal is left.")
        return Grid(
            t=tuple(t.tolist()),
            alpha=tuple(alpha.tolist()),
            sigma=tuple(sigma.tolist()),
            lam=tuple((alpha.log() - sigma.log()).tolist()),
            ratio=tuple((sigma / alpha).tolist()),
        )

    def q_sample(self, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """Draw x_t given x_0 in closed form (arXiv:2006.11239 Eq. 4).

        ``x_0`` and ``eps``: [B, ...]; ``t``: [B]; returns x_0's shape and dtype.
        """
        return per_image(self.alpha(t), x_0) * x_0 + per_image(self.sigma(t), x_0) * eps

    def q_step(self, x_s: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """Draw x_t from the step before, x_{t-1} (arXiv:2006.11239 Eq. 2); shapes as in q_sample.

        For a variance-preserving path the factors are sqrt(1 - beta_t) and sqrt(beta_t).
        """
        s = t - 1
        carried = self.alpha(t) / self.alpha(s)
        added = (self.sigma(t) ** 2 - carried**2 * self.sigma(s) ** 2).clamp(min=0).sqrt()
        return per_image(carried, x_s) * x_s + per_image(added, x_s) * eps

    def posterior(self, x_0: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Mean [B, ...] and variance [B] of q(x_{t-1} | x_t, x_0) (arXiv:2006.11239 Eq. 6-7)."""
        s = t - 1
        carried = self.alpha(t) / self.alpha(s)
        added = (self.sigma(t) ** 2 - carried**2 * self.sigma(s) ** 2).clamp(min=0)
        of_x_0 = self.alpha(s) * added / self.sigma(t) ** 2
        of_x_t = carried * self.sigma(s) ** 2 / self.sigma(t) ** 2
        mean = per_image(of_x_0, x_0) * x_0 + per_image(of_x_t, x_t) * x_t
        return mean, added * self.sigma(s) ** 2 / self.sigma(t) ** 2


def per_image(factor: Tensor, like: Tensor) -> Tensor:
    """Shape per-image factors [B] so that they multiply ``like`` [B, ...], in its dtype."""
    shape = (-1,) + (1,) * (like.ndim - 1)
    return factor.reshape(shape).to(device=like.device, dtype=like.dtype)


@dataclass(frozen=True, eq=False)
class VariancePreserving(Schedule):
    """alpha^2 + sigma^2 = 1, from ``betas`` float64 [T] in (0, 1).

    At whole times alpha^2 is ``table``[t] = prod(1 - beta) (arXiv:2006.11239 Eq. 4) and log(alpha /
    sigma) is ``lam``[t]; between them lam is linear, and between the clean end and t = 0 alpha^2.
    """

    betas: Tensor
    table: Tensor = field(init=False, repr=False)
    lam: Tensor = field(init=False, repr=False)
    _table: list[float] = field(init=False, repr=False)
    _lam: list[float] = field(init=False, repr=False)
    steps: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", self.betas.to(torch.float64))
        table = torch.cumprod(1 - self.betas, dim=0)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "lam", 0.5 * (table.log() - torch.log1p(-table)))
        object.__setattr__(self, "_table", self.table.tolist())
        object.__setattr__(self, "_lam", self.lam.tolist())
        object.__setattr__(self, "steps", len(self.betas))

    def alpha_bar(self, t: Tensor) -> Tensor:
        t = torch.as_tensor(t).to(torch.float64).clamp(CLEAN, self.steps - 1)
        below = t.floor().clamp(0, max(self.steps - 2, 0)).long()
        above = (below + 1).clamp(max=self.steps - 1)
        lam = self.lam.to(t.device)
        weight = (t - below).clamp(min=0)
        between = torch.sigmoid(2 * torch.lerp(lam[below], lam[above], weight))
        first = self.table[0].to(t.device)
        return torch.where(t < 0, torch.lerp(first, torch.ones_like(t), -t), between)

    def alpha(self, t: Tensor) -> Tensor:
        return self.alpha_bar(t).sqrt()

    def sigma(self, t: Tensor) -> Tensor:
        return (1 - self.alpha_bar(t)).sqrt()

    def at(self, t: float) -> tuple[float, float]:
        t = min(max(t, CLEAN), self.steps - 1.0)
        if t < 0:
            alpha_bar = self._table[0] + (1 - self._table[0]) * -t
            return math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)
        below = min(int(t), max(self.steps - 2, 0))
        above = min(below + 1, self.steps - 1)
        lam = self._lam[below] + (self._lam[above] - self._lam[below]) * (t - below)
        alpha_bar = 1 / (1 + math.exp(-2 * lam))
        return math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)

    def time_of_ratio(self, ratio: float) -> float:
        descending = self.lam.numpy()
        at = np.interp(math.log(ratio), -descending, np.arange(self.steps, dtype=np.float64))
        return float(at)


@dataclass(frozen=True)
class RectifiedFlow(Schedule):
    """The straight path x_t = (1 - tau) x_0 + tau eps, tau = (t + 1) / T (arXiv:2209.03003)."""

    steps: int

    def _tau(self, t: Tensor) -> Tensor:
        t = torch.as_tensor(t).to(torch.float64).clamp(CLEAN, self.steps - 1)
        return (t + 1) / self.steps

    def alpha(self, t: Tensor) -> Tensor:
        return 1 - self._tau(t)

    def sigma(self, t: Tensor) -> Tensor:
        return self._tau(t)

    def at(self, t: float) -> tuple[float, float]:
        tau = (min(max(t, CLEAN), self.steps - 1.0) + 1) / self.steps
        return 1 - tau, tau

    def time_of_ratio(self, ratio: float) -> float:
        return min(max(self.time(ratio / (1 + ratio)), 0.0), self.steps - 1.0)


def linear(
    steps: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02
) -> VariancePreserving:
    """beta rises linearly (arXiv:2006.11239 section 4)."""
    return VariancePreserving(torch.linspace(beta_start, beta_end, steps, dtype=torch.float64))


def scaled_linear(
    steps: int = 1000, beta_start: float = 0.0015, beta_end: float = 0.0195
) -> VariancePreserving:
    """sqrt(beta) rises linearly: latent diffusion's own schedule (arXiv:2112.10752)."""
    root = torch.linspace(beta_start**0.5, beta_end**0.5, steps, dtype=torch.float64)
    return VariancePreserving(root**2)


def cosine(steps: int = 1000, offset: float = 0.008) -> VariancePreserving:
    """alpha_bar follows a squared cosine, betas at most 0.999 (arXiv:2102.09672 Eq. 17)."""
    t = torch.arange(steps + 1, dtype=torch.float64) / steps
    f = torch.cos((t + offset) / (1 + offset) * math.pi / 2) ** 2
    return VariancePreserving((1 - f[1:] / f[:-1]).clamp(max=0.999))


def flow(steps: int = 1000) -> RectifiedFlow:
    """Rectified flow, its times counted in ``steps`` like the others'."""
    return RectifiedFlow(steps)


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "linear": linear,
    "scaled_linear": scaled_linear,
    "cosine": cosine,
    "flow": flow,
}
