"""The denoiser: a network of any parameterisation seen as "x_t in, x_0 and eps out"."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from studio.engine.schedules import Schedule, per_image

Factor = Tensor | float
"""A path's alpha or sigma: one number, or one for each image that broadcasts to x_t."""


class Prediction(NamedTuple):
    """What a network says of x_t: the clean latent and the noise, both of x_t's shape."""

    x_0: Tensor
    eps: Tensor


@dataclass(frozen=True)
class Parameterisation:
    """What a network's output F means on the path x_t = alpha x_0 + sigma eps.

    ``read``(F, x_t, alpha, sigma) gives x_0 and eps; ``target``(x_0, eps, alpha, sigma) is what
    the network learns to output.
    """

    read: Callable[[Tensor, Tensor, Factor, Factor], Prediction]
    target: Callable[[Tensor, Tensor, Factor, Factor], Tensor]


def _read_eps(F: Tensor, x_t: Tensor, alpha: Factor, sigma: Factor) -> Prediction:
    return Prediction((x_t - sigma * F) / alpha, F)


def _read_x_0(F: Tensor, x_t: Tensor, alpha: Factor, sigma: Factor) -> Prediction:
    return Prediction(F, (x_t - alpha * F) / sigma)


def _read_v(F: Tensor, x_t: Tensor, alpha: Factor, sigma: Factor) -> Prediction:
    power = alpha**2 + sigma**2  # 1 on a variance-preserving path
    return Prediction((alpha * x_t - sigma * F) / power, (sigma * x_t + alpha * F) / power)


def _read_flow(F: Tensor, x_t: Tensor, alpha: Factor, sigma: Factor) -> Prediction:
    total = alpha + sigma  # 1 on the straight path
    return Prediction((x_t - sigma * F) / total, (x_t + alpha * F) / total)


PARAMETERISATIONS: dict[str, Parameterisation] = {
    # arXiv:2006.11239 Eq. 14
    "eps": Parameterisation(_read_eps, lambda x_0, eps, alpha, sigma: eps),
    "x0": Parameterisation(_read_x_0, lambda x_0, eps, alpha, sigma: x_0),
    # v = alpha eps - sigma x_0, arXiv:2202.00512 section 4
    "v": Parameterisation(_read_v, lambda x_0, eps, alpha, sigma: alpha * eps - sigma * x_0),
    # the velocity eps - x_0 of the straight path, arXiv:2209.03003 Eq. 1
    "flow": Parameterisation(_read_flow, lambda x_0, eps, alpha, sigma: eps - x_0),
}


def read(prediction: str, schedule: Schedule, F: Tensor, x_t: Tensor, t: Tensor) -> Prediction:
    """x_0 and eps from a network's output F [B, ...] at x_t [B, ...] and times t [B]."""
    alpha, sigma = per_image(schedule.alpha(t), x_t), per_image(schedule.sigma(t), x_t)
    return PARAMETERISATIONS[prediction].read(F, x_t, alpha, sigma)


def target(prediction: str, schedule: Schedule, x_0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
    """What the network should output at x_t = q_sample(x_0, t, eps); shapes as in ``read``."""
    alpha, sigma = per_image(schedule.alpha(t), x_0), per_image(schedule.sigma(t), x_0)
    return PARAMETERISATIONS[prediction].target(x_0, eps, alpha, sigma)


@dataclass(frozen=True, kw_only=True, eq=False)
class Condition:
    """What steers a network: ``context`` [B, L, D] for cross-attention, ``concat`` [B, c, h, w] to
    be concatenated to x_t, ``y`` int64 [B] a class of the U-Net itself (the upscaler's noise
    level), ``hint`` [B, c, h, w] what a ControlNet sees, and how strongly; None where the network
    takes none.
    """

    context: Tensor | None = None
    concat: Tensor | None = None
    y: Tensor | None = None
    hint: Tensor | None = None
    hint_strength: float = 1.0


class Network(Protocol):
    """x_t [B, C, h, w], times [B] and a condition to an output of x_t's shape."""

    def __call__(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Guidance:
    """Classifier-free guidance F = F_u + s (F_c - F_u) (arXiv:2207.12598 Eq. 6, s = 1 + w).

    Applied where the noise fraction lies in ``interval`` (arXiv:2404.07724); elsewhere, and at
    scale 1, only the conditional half is computed. ``negative`` is the unconditional half's
    condition, which a negative prompt replaces; None when it would equal the conditional one.
    ``together`` computes both halves in one batch, which pays on a GPU and not on a CPU.
    """

    scale: float = 1.0
    interval: tuple[float, float] = (0.0, 1.0)
    negative: Condition | None = None
    together: bool = False

    def active(self, fraction: float) -> bool:
        low, high = self.interval
        return self.negative is not None and self.scale != 1 and low <= fraction <= high


NO_GUIDANCE = Guidance()


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """A latent ``z_0`` [1, C, h, w] that the mask keeps where ``repaint`` (bool [1, 1, h, w]) is
    false, and the noise ``eps`` it was noised with.
    """

    z_0: Tensor
    eps: Tensor
    repaint: Tensor

    def told(self, prediction: Prediction) -> Prediction:
        """The prediction with what is known in its place.

        A sampler then carries the kept part along alpha z_0 + sigma eps, which is what adding the
        source's latent, noised anew, after every step does (as in arXiv:2112.10752's masked
        sampling); put into the prediction it needs nothing of the sampler.
        """
        return Prediction(
            torch.where(self.repaint, prediction.x_0, self.z_0),
            torch.where(self.repaint, prediction.eps, self.eps),
        )

    def final(self, x: Tensor) -> Tensor:
        """The end of the sampling with z_0 itself where it is kept."""
        return torch.where(self.repaint, x, self.z_0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Denoiser:
    """A conditioned, guided network: (x_t [B, C, h, w], t) -> Prediction(x_0, eps).

    ``prediction`` is a key of PARAMETERISATIONS. Guidance mixes the raw outputs, as the published
    v-models do; every parameterisation is linear in them, so mixing eps would be the same.
    ``known`` is what a mask keeps. ``before_call`` runs before every network call and may raise to
    stop the sampling.
    """

    network: Network
    schedule: Schedule
    prediction: str
    condition: Condition = Condition()
    guidance: Guidance = NO_GUIDANCE
    known: Known | None = None
    before_call: Callable[[], None] = lambda: None

    def __call__(self, x_t: Tensor, t: float) -> Prediction:
        times = torch.full((len(x_t),), t, dtype=torch.float32, device=x_t.device)
        F = self._output(x_t, times, self.schedule.fraction(t))
        alpha, sigma = self.schedule.at(t)
        prediction = PARAMETERISATIONS[self.prediction].read(F, x_t, alpha, sigma)
        return prediction if self.known is None else self.known.told(prediction)

    def _output(self, x_t: Tensor, t: Tensor, fraction: float) -> Tensor:
        negative = self.guidance.negative
        if negative is None or not self.guidance.active(fraction):
            return self._call(x_t, t, self.condition)
        if self.guidance.together:
            both = _stacked(negative, self.condition)
            F_u, F_c = self._call(x_t.repeat(2, 1, 1, 1), t.repeat(2), both).chunk(2)
        else:
            F_u = self._call(x_t, t, negative)
            F_c = self._call(x_t, t, self.condition)
        return F_u + self.guidance.scale * (F_c - F_u)

    def _call(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        self.before_call()
        return self.network(x_t, t, condition)


def _stacked(first: Condition, second: Condition) -> Condition:
    def stack(a: Tensor | None, b: Tensor | None) -> Tensor | None:
        return None if a is None or b is None else torch.cat([a, b])

    return Condition(
        context=stack(first.context, second.context),
        concat=stack(first.concat, second.concat),
        y=stack(first.y, second.y),
        hint=stack(first.hint, second.hint),
        hint_strength=first.hint_strength,
    )
