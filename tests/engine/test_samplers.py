"""For x_0 ~ N(0, s^2) the ideal denoiser is linear and the probability-flow ODE is solved by
x_t = x_0 sqrt(alpha^2 s^2 + sigma^2) / s, so every sampler's error can be measured.
"""

import math

import numpy as np
import pytest
import torch

from studio.contract import catalog
from studio.engine.denoiser import Prediction
from studio.engine.samplers import SAMPLERS
from studio.engine.schedules import SCHEDULES, scaled_linear
from studio.engine.spacings import SPACINGS

S = 0.6
DETERMINISTIC = [row.key for row in catalog.SAMPLERS if not row.noisy]
NOISY = [row.key for row in catalog.SAMPLERS if row.noisy]


def spread(alpha, sigma):
    return math.sqrt((alpha * S) ** 2 + sigma**2)


def ideal(schedule):
    """The exact E[x_0 | x_t] and E[eps | x_t] for N(0, S^2) data."""

    def denoise(x_t, t):
        at = torch.tensor(t, dtype=torch.float64)
        alpha, sigma = schedule.alpha(at).item(), schedule.sigma(at).item()
        power = (alpha * S) ** 2 + sigma**2
        return Prediction(x_t * alpha * S**2 / power, x_t * sigma / power)

    return denoise


def fresh(seed=0, like=(1,)):
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(like, generator=generator, dtype=torch.float64)


def last(steps):
    *_, end = steps
    return end


def error(key, schedule, times):
    grid = schedule.grid(times)
    begin = torch.tensor([[[[spread(grid.alpha[0], grid.sigma[0])]]]], dtype=torch.float64)
    end = last(SAMPLERS[key](ideal(schedule), begin, grid, fresh(), 0.0))
    return abs(end.x_t.item() - spread(grid.alpha[-1], grid.sigma[-1]))


def test_samplers_are_the_catalogs():
    assert list(SAMPLERS) == [row.key for row in catalog.SAMPLERS]


# UniPC-2 corrects its second-order prediction to order 3; PLMS begins with a step of order 2.
ORDERS = {"ddim": 1, "euler": 1, "heun": 2, "dpmpp_2m": 2, "unipc": 3, "plms": 2}


def smooth_times(schedule, steps, first=10.0, final=0.05):
    """Even in log(alpha / sigma), so that the steps shrink as one."""
    return [schedule.time_of_ratio(r) for r in np.geomspace(first, final, steps + 1)]


@pytest.mark.parametrize("key", DETERMINISTIC)
@pytest.mark.parametrize("kind", ["cosine", "flow"])
def test_the_error_falls_with_the_samplers_order(key, kind):
    schedule = SCHEDULES[kind](steps=1000)
    counts = [20, 40, 80, 160]
    errors = [error(key, schedule, smooth_times(schedule, n)) for n in counts]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope > ORDERS[key] - 0.2
    assert errors[-1] < 5e-3


def test_all_orders_are_known():
    assert set(ORDERS) == set(DETERMINISTIC)


@pytest.mark.parametrize("key", DETERMINISTIC)
@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_deterministic_samplers_reach_the_data(key, kind, spacing):
    schedule = SCHEDULES[kind](steps=1000)
    wrong = error(key, schedule, SPACINGS[spacing](schedule, 50))
    assert wrong < 0.1 * S


def variance_error(key, eta, schedule, times):
    """Everything is linear, so the end is a sum of independent noises whose weights are found by
    giving each noise its own element; the sum of their squares is the exact variance.
    """
    grid = schedule.grid(times)
    unit = torch.eye(grid.steps + 1, dtype=torch.float64)
    drawn = iter(unit[1:])
    begin = unit[0] * spread(grid.alpha[0], grid.sigma[0])
    end = last(SAMPLERS[key](ideal(schedule), begin, grid, lambda: next(drawn), eta)).x_t
    return abs((end**2).sum().item() - spread(grid.alpha[-1], grid.sigma[-1]) ** 2), end


NOISY_ORDERS = {"ddpm": 1, "euler_a": 1, "dpmpp_2m_sde": 2, "ddim": 1}


@pytest.mark.parametrize(
    ("key", "eta"), [*((key, 0.0) for key in NOISY), ("ddim", 1), ("ddim", 0.5)]
)
def test_noisy_samplers_reach_the_datas_variance_at_their_order(key, eta):
    schedule = SCHEDULES["cosine"]()
    counts = [40, 80, 160, 320]
    found = [variance_error(key, eta, schedule, smooth_times(schedule, n)) for n in counts]
    errors = [error for error, _ in found]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope > NOISY_ORDERS[key] - 0.15
    assert errors[-1] < 0.02 * S**2
    _, end = found[-1]
    fresh_share = (end[1:] ** 2).sum() / (end**2).sum()
    assert fresh_share > (0.5 if eta == 0.5 else 0.9)  # most of what is there was drawn on the way


@pytest.mark.parametrize("key", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_few_steps_end_at_the_last_prediction(key, steps):
    """The step to the clean end returns x_0, so that no noise is left in the picture."""
    schedule = SCHEDULES["cosine"]()
    grid = schedule.grid(SPACINGS["trailing"](schedule, steps))
    shape = (2, 3, 4, 4)
    begin = fresh(1, shape)()
    taken = list(SAMPLERS[key](ideal(schedule), begin, grid, fresh(2, shape), 0.0))
    assert len(taken) == steps
    assert all(step.x_t.shape == step.x_0.shape == shape for step in taken)
    assert all(bool(step.x_t.isfinite().all()) for step in taken)
    if key != "plms":  # whose last step goes along a mixture of predictions
        torch.testing.assert_close(taken[-1].x_t, taken[-1].x_0)


@pytest.mark.parametrize("key", SAMPLERS)
def test_the_catalog_knows_the_cost_and_whether_noise_is_drawn(key):
    row = next(row for row in catalog.SAMPLERS if row.key == key)
    schedule = scaled_linear()
    grid = schedule.grid(SPACINGS["trailing"](schedule, 10))
    calls, draws = [], []
    denoise, noise = ideal(schedule), fresh()
    taken = SAMPLERS[key](
        lambda x_t, t: calls.append(t) or denoise(x_t, t),
        noise(),
        grid,
        lambda: draws.append(1) or noise(),
        0.0,
    )
    assert len(list(taken)) == 10
    expected = {"heun": 19, "plms": 11}.get(key, 10)
    assert len(calls) == expected
    assert math.ceil(len(calls) / 10) == row.evaluations or key == "plms"
    assert bool(draws) == row.noisy


@pytest.mark.parametrize("key", SAMPLERS)
def test_closing_a_sampler_makes_no_further_call(key):
    schedule = scaled_linear()
    grid = schedule.grid(SPACINGS["trailing"](schedule, 10))
    calls = []
    denoise = ideal(schedule)
    steps = SAMPLERS[key](
        lambda x_t, t: calls.append(t) or denoise(x_t, t), torch.ones(1), grid, fresh(), 0.0
    )
    next(steps)
    made = len(calls)
    steps.close()
    assert next(steps, None) is None
    assert len(calls) == made


def test_names_for_the_same_step_agree():
    """Euler is DDIM, and DDPM, Euler ancestral and DDIM with eta 1 draw from one posterior."""
    schedule = SCHEDULES["cosine"]()
    grid = schedule.grid(SPACINGS["karras"](schedule, 12))
    begin = fresh(1, (1, 1, 4, 4))()

    def end(key, eta=0.0):
        return last(SAMPLERS[key](ideal(schedule), begin, grid, fresh(5, (1, 1, 4, 4)), eta)).x_t

    torch.testing.assert_close(end("euler"), end("ddim"))
    torch.testing.assert_close(end("ddpm"), end("ddim", 1.0))
    torch.testing.assert_close(end("ddpm"), end("euler_a"))
