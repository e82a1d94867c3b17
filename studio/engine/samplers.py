"""Samplers: each turns noise into a latent, one denoiser call after another.

A sampler is a generator of ``Step``; closing it cancels it. All take the same arguments:

``denoise``  (x_t [B, C, h, w], t) -> Prediction(x_0, eps)
``x_t``      the state at the first time of the grid
``grid``     the times to visit and the path's alpha, sigma, lambda = log(alpha / sigma)
``noise``    returns fresh standard normal noise of x_t's shape at every call
``eta``      the share of fresh noise in DDIM, 0..1; the others have no such parameter

In the comments s is the time a step ends at, t the one it begins at.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import Tensor

from studio.engine.denoiser import Prediction
from studio.engine.schedules import Grid

Denoise = Callable[[Tensor, float], Prediction]
Noise = Callable[[], Tensor]


class Step(NamedTuple):
    """The state after the step and the clean latent the network saw in it, both [B, C, h, w]."""

    x_t: Tensor
    x_0: Tensor


Sampler = Callable[[Denoise, Tensor, Grid, Noise, float], Iterator[Step]]


def ddpm(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """Ancestral sampling with the posterior's own variance (arXiv:2006.11239 Alg. 2, Eq. 6-7)."""
    for i in range(grid.steps):
        x_0, _ = denoise(x_t, grid.t[i])
        carried = grid.alpha[i] / grid.alpha[i + 1]
        added = grid.sigma[i] ** 2 - (carried * grid.sigma[i + 1]) ** 2
        of_x_0 = grid.alpha[i + 1] * added / grid.sigma[i] ** 2
        of_x_t = carried * grid.sigma[i + 1] ** 2 / grid.sigma[i] ** 2
        deviation = math.sqrt(added) * grid.sigma[i + 1] / grid.sigma[i]
        x_t = of_x_0 * x_0 + of_x_t * x_t
        if deviation > 0:
            x_t = x_t + deviation * noise()
        yield Step(x_t, x_0)


def ddim(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """DDIM (arXiv:2010.02502 Eq. 12, 16); eta 0 is deterministic, eta 1 is DDPM."""
    for i in range(grid.steps):
        x_0, eps = denoise(x_t, grid.t[i])
        x_t = _towards(grid, i, x_0, eps, noise, eta)
        yield Step(x_t, x_0)


def _towards(
    grid: Grid, i: int, x_0: Tensor, eps: Tensor, noise: Noise, eta: float = 0.0
) -> Tensor:
    carried = grid.alpha[i] / grid.alpha[i + 1]
    added = max(grid.sigma[i] ** 2 - (carried * grid.sigma[i + 1]) ** 2, 0.0)
    fresh = eta * math.sqrt(added) * grid.sigma[i + 1] / grid.sigma[i]
    kept = math.sqrt(max(grid.sigma[i + 1] ** 2 - fresh**2, 0.0))
    x_s = grid.alpha[i + 1] * x_0 + kept * eps
    return x_s + fresh * noise() if fresh > 0 else x_s


def _transfer(grid: Grid, i: int, x_t: Tensor, eps: Tensor) -> Tensor:
    """Carry x_t to the next time along a given eps (arXiv:2202.09778 Eq. 11)."""
    scale = grid.alpha[i + 1] / grid.alpha[i]
    return scale * x_t + (grid.sigma[i + 1] - scale * grid.sigma[i]) * eps


def plms(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """Pseudo linear multistep: Adams-Bashforth on eps (arXiv:2202.09778 Eq. 12, Alg. 2).

    Its weights suppose even steps. The first step is an improved Euler step, one call more.
    """
    past: list[Tensor] = []
    for i in range(grid.steps):
        x_0, e = denoise(x_t, grid.t[i])
        match past:
            case [] if grid.sigma[i + 1] > 0:
                _, after = denoise(_transfer(grid, i, x_t, e), grid.t[i + 1])
                mean = (e + after) / 2
            case []:
                mean = e
            case [e_1]:
                mean = (3 * e - e_1) / 2
            case [e_2, e_1]:
                mean = (23 * e - 16 * e_1 + 5 * e_2) / 12
            case [e_3, e_2, e_1]:
                mean = (55 * e - 59 * e_1 + 37 * e_2 - 9 * e_3) / 24
        past = [*past, e][-3:]
        x_t = _transfer(grid, i, x_t, mean)
        yield Step(x_t, x_0)


def euler(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """Euler steps of d(x/alpha) = eps d(sigma/alpha) (arXiv:2206.00364 Alg. 1, no churn).

    Written without the difference of two large numbers; on every path it is DDIM with eta 0.
    """
    for i in range(grid.steps):
        x_0, eps = denoise(x_t, grid.t[i])
        x_t = grid.alpha[i + 1] * x_0 + grid.sigma[i + 1] * eps
        yield Step(x_t, x_0)


def euler_a(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """Euler down to sigma_down, then noise of deviation sigma_up, where sigma_up^2 =
    sigma_s^2 (sigma_t^2 - sigma_s^2) / sigma_t^2 and sigma_down^2 = sigma_s^2 - sigma_up^2 in units
    of sigma/alpha: the variance-exploding form of the ancestral step (arXiv:2011.13456 Eq. 47).
    """
    for i in range(grid.steps):
        x_0, eps = denoise(x_t, grid.t[i])
        r_t, r_s = grid.ratio[i], grid.ratio[i + 1]
        up = r_s * math.sqrt((r_t**2 - r_s**2) / r_t**2)
        down = math.sqrt(r_s**2 - up**2)
        x_t = grid.alpha[i + 1] * (x_0 + down * eps)
        if up > 0:
            x_t = x_t + grid.alpha[i + 1] * up * noise()
        yield Step(x_t, x_0)


def heun(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """Heun's second-order steps of the same equation as ``euler`` (arXiv:2206.00364 Alg. 1)."""
    for i in range(grid.steps):
        x_0, eps = denoise(x_t, grid.t[i])
        x_t = grid.alpha[i + 1] * x_0 + grid.sigma[i + 1] * eps
        if grid.sigma[i + 1] > 0:
            _, eps_s = denoise(x_t, grid.t[i + 1])
            h = grid.sigma[i + 1] - grid.alpha[i + 1] * grid.ratio[i]
            x_t = x_t + h * (eps_s - eps) / 2
        yield Step(x_t, x_0)


def _extrapolated(grid: Grid, i: int, x_0: Tensor, previous: Tensor | None) -> Tensor:
    """D of arXiv:2211.01095 Alg. 2: x_0 at the middle of the step, from this and the last one."""
    if previous is None or grid.sigma[i + 1] == 0:
        return x_0
    r = (grid.lam[i] - grid.lam[i - 1]) / (grid.lam[i + 1] - grid.lam[i])
    return x_0 + (x_0 - previous) / (2 * r)


def dpmpp_2m(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """DPM-Solver++(2M) (arXiv:2211.01095 Alg. 2); the step to the clean end is of first order."""
    previous = None
    for i in range(grid.steps):
        x_0, _ = denoise(x_t, grid.t[i])
        D = _extrapolated(grid, i, x_0, previous)
        h = grid.lam[i + 1] - grid.lam[i]
        x_t = (grid.sigma[i + 1] / grid.sigma[i]) * x_t - grid.alpha[i + 1] * math.expm1(-h) * D
        previous = x_0
        yield Step(x_t, x_0)


def dpmpp_2m_sde(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """SDE-DPM-Solver++(2M): the reverse SDE in the same manner (arXiv:2211.01095 Eq. 19)."""
    previous = None
    for i in range(grid.steps):
        x_0, _ = denoise(x_t, grid.t[i])
        D = _extrapolated(grid, i, x_0, previous)
        h = grid.lam[i + 1] - grid.lam[i]
        drift = -math.expm1(-2 * h)
        x_t = (grid.sigma[i + 1] / grid.sigma[i]) * math.exp(-h) * x_t + grid.alpha[
            i + 1
        ] * drift * D
        if grid.sigma[i + 1] > 0:
            x_t = x_t + grid.sigma[i + 1] * math.sqrt(drift) * noise()
        previous = x_0
        yield Step(x_t, x_0)


def unipc(
    denoise: Denoise, x_t: Tensor, grid: Grid, noise: Noise, eta: float = 0.0
) -> Iterator[Step]:
    """UniPC-2 with B_2(h) = e^h - 1 and data prediction (arXiv:2302.04867 Alg. 1-2, Eq. 9).

    Every call both corrects the state it was made at (UniC) and predicts the next one (UniP).
    """
    past: list[Tensor] = []
    before, order = x_t, 1
    for i in range(grid.steps):
        x_0, _ = denoise(x_t, grid.t[i])
        if past:
            x_t = _unic(grid, i - 1, before, past, x_0, order)
        before, past = x_t, [*past, x_0][-2:]
        order = min(2, i + 1, grid.steps - i)
        x_t = _unip(grid, i, before, past, order)
        yield Step(x_t, x_0)


def _uni_base(grid: Grid, i: int, x_t: Tensor, m_0: Tensor) -> Tensor:
    h = grid.lam[i + 1] - grid.lam[i]
    return (grid.sigma[i + 1] / grid.sigma[i]) * x_t - grid.alpha[i + 1] * math.expm1(-h) * m_0


def _uni_slope(grid: Grid, i: int, past: list[Tensor]) -> tuple[float, Tensor]:
    r = (grid.lam[i - 1] - grid.lam[i]) / (grid.lam[i + 1] - grid.lam[i])
    return r, (past[-2] - past[-1]) / r


def _unip(grid: Grid, i: int, x_t: Tensor, past: list[Tensor], order: int) -> Tensor:
    x_s = _uni_base(grid, i, x_t, past[-1])
    if order == 1:
        return x_s
    B = math.expm1(grid.lam[i] - grid.lam[i + 1])
    _, D_1 = _uni_slope(grid, i, past)
    return x_s - grid.alpha[i + 1] * B * 0.5 * D_1


def _unic(
    grid: Grid, i: int, x_t: Tensor, past: list[Tensor], arrived: Tensor, order: int
) -> Tensor:
    """Redo the step from x_t at time i, now that x_0 is known where it arrived."""
    h = grid.lam[i] - grid.lam[i + 1]
    B = math.expm1(h)
    x_s = _uni_base(grid, i, x_t, past[-1])
    D_s = arrived - past[-1]
    if order == 1:
        return x_s - grid.alpha[i + 1] * B * 0.5 * D_s
    r, D_1 = _uni_slope(grid, i, past)
    phi_2 = B / h - 1
    b_1, b_2 = phi_2 / B, 2 * (phi_2 / h - 0.5) / B
    rho_1 = (b_1 - b_2) / (1 - r)  # solves rho_1 + rho_2 = b_1, r rho_1 + rho_2 = b_2
    rho_2 = b_1 - rho_1
    return x_s - grid.alpha[i + 1] * B * (rho_1 * D_1 + rho_2 * D_s)


SAMPLERS: dict[str, Sampler] = {
    "dpmpp_2m": dpmpp_2m,
    "dpmpp_2m_sde": dpmpp_2m_sde,
    "unipc": unipc,
    "ddim": ddim,
    "ddpm": ddpm,
    "plms": plms,
    "euler": euler,
    "euler_a": euler_a,
    "heun": heun,
}
