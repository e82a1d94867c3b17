"""How a sampler's steps are spread over a schedule.

Each function returns ``steps`` + 1 strictly descending times, float64, the last the clean end
(except ``leading``).
"""

from collections.abc import Callable

import numpy as np
import torch

from studio.engine.schedules import CLEAN, Schedule


def uniform(schedule: Schedule, steps: int) -> np.ndarray:
    """Evenly from the noisiest time to t = 0, then clean (arXiv:2305.08891 Tab. 2, linspace)."""
    return np.append(np.linspace(schedule.start, 0, steps), CLEAN)


def trailing(schedule: Schedule, steps: int) -> np.ndarray:
    """Evenly from the noisiest time to the clean end (arXiv:2305.08891 Tab. 2, trailing)."""
    return np.linspace(schedule.start, CLEAN, steps + 1)


def quadratic(schedule: Schedule, steps: int) -> np.ndarray:
    """Time grows with the square of the step, finer near the data (arXiv:2010.02502 D.2)."""
    rise = np.linspace(1, 0, steps + 1) ** 2
    return CLEAN + (schedule.start - CLEAN) * rise


def karras(schedule: Schedule, steps: int, rho: float = 7.0) -> np.ndarray:
    """sigma/alpha to the power 1/rho falls evenly, then clean (arXiv:2206.00364 Eq. 5)."""
    high, low = schedule.ratio(torch.tensor([schedule.start, 0.0])).tolist()
    ratios = np.linspace(high ** (1 / rho), low ** (1 / rho), steps) ** rho
    return np.append([schedule.time_of_ratio(ratio) for ratio in ratios], CLEAN)


def leading(schedule: Schedule, steps: int) -> np.ndarray:
    """Whole times evenly from the clean end on, each one later (arXiv:2305.08891 Tab. 2).

    What published latent diffusion was sampled with: neither the noisiest time nor the clean end
    is visited.
    """
    apart = schedule.steps // steps
    later, end = (1.0, 0.0) if apart > 1 else (0.0, CLEAN)  # no room for one later
    times = np.arange(steps) * apart + later
    if times[-1] > schedule.start:
        times = np.linspace(later, schedule.start, steps)
    return np.append(times[::-1], end)


SPACINGS: dict[str, Callable[[Schedule, int], np.ndarray]] = {
    "trailing": trailing,
    "uniform": uniform,
    "karras": karras,
    "quadratic": quadratic,
    "leading": leading,
}


def published_ddim(schedule: Schedule, steps: int, *, quadratic: bool = False) -> np.ndarray:
    """The times of the published latent-diffusion sampler, one later than the even division.

    Every (T // steps)-th time plus one, and the last step ends at t = 0 instead of the clean end;
    where ``steps`` does not divide T there are more steps than asked for, and raises ValueError
    where the last time would lie beyond the schedule.
    """
    T = schedule.steps
    if quadratic:
        times = np.trunc(np.linspace(0, np.sqrt(T * 0.8), steps) ** 2) + 1
    else:
        times = np.arange(0, T, T // steps, dtype=np.float64) + 1
    if times[-1] > T - 1:
        raise ValueError(f"The published spacing has no {steps} steps; choose another number.")
    return np.append(times[::-1], 0.0)
