import math

import numpy as np
import pytest
import torch

from studio.contract import catalog
from studio.engine.schedules import CLEAN, MAX_RATIO, SCHEDULES, scaled_linear
from studio.engine.spacings import SPACINGS, published_ddim

# start, end: alpha_bar at 0, 1, 500, 999 and sigma/alpha at 999 of the published models
PUBLISHED = [
    (0.00085, 0.012, 0.99915, 0.998296028, 0.276332684, 0.00466009851, 14.61464),
    (0.0015, 0.0195, 0.9985, 0.996994427, 0.114922001, 1.42303975e-4, 83.8225),
    (0.0015, 0.0205, 0.9985, 0.996994153, 0.107676754, 9.69108668e-5, 101.5764),
    (0.0015, 0.0155, 0.9985, 0.996995602, 0.150070051, 6.68665174e-4, 38.6590),
]


@pytest.mark.parametrize(("start", "end", "a0", "a1", "a500", "a999", "ratio"), PUBLISHED)
def test_scaled_linear_has_the_published_numbers(start, end, a0, a1, a500, a999, ratio):
    schedule = scaled_linear(1000, start, end)
    at = schedule.alpha_bar(torch.tensor([0, 1, 500, 999]))
    assert at.tolist() == pytest.approx([a0, a1, a500, a999], rel=5e-9)
    assert schedule.ratio(torch.tensor(999)).item() == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize(("end", "variance"), [(0.012, 4.2635313e-4), (0.0205, 7.5258789e-4)])
def test_posterior_variance_has_the_published_numbers(end, variance):
    schedule = scaled_linear(1000, 0.00085 if end == 0.012 else 0.0015, end)
    x = torch.zeros(1, 1)
    _, at_1 = schedule.posterior(x, x, torch.tensor([1]))
    _, at_0 = schedule.posterior(x, x, torch.tensor([0]))
    assert at_1.item() == pytest.approx(variance, rel=1e-7)
    assert at_0.item() == 0


def test_the_posterior_is_bayes_rule():
    """For Gaussians, q(x_s | x_t, x_0) follows from q(x_s | x_0) and q(x_t | x_s)."""
    schedule = scaled_linear()
    t = torch.tensor([400])
    x_0, x_t = torch.tensor([[0.7]]).double(), torch.tensor([[-1.3]]).double()
    mean, variance = schedule.posterior(x_0, x_t, t)
    beta = schedule.betas[400]
    prior_mean, prior_variance = schedule.alpha(t - 1) * x_0, schedule.sigma(t - 1) ** 2
    precision = 1 / prior_variance + (1 - beta) / beta
    expected = (prior_mean / prior_variance + x_t * (1 - beta).sqrt() / beta) / precision
    torch.testing.assert_close(mean, expected)
    torch.testing.assert_close(variance, 1 / precision)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_every_schedule_runs_from_data_to_noise(kind):
    schedule = SCHEDULES[kind](steps=1000)
    t = torch.linspace(-1, 999, 4001, dtype=torch.float64)
    alpha_bar = schedule.alpha_bar(t)
    assert bool((alpha_bar[1:] < alpha_bar[:-1]).all())
    assert alpha_bar[0] == 1
    assert alpha_bar[-1] < 0.005 or kind == "linear"
    assert schedule.alpha(torch.tensor(CLEAN)) == 1
    assert schedule.sigma(torch.tensor(CLEAN)) == 0
    assert schedule.ratio(torch.tensor(schedule.start)) <= MAX_RATIO * (1 + 1e-9)
    torch.testing.assert_close(
        schedule.log_snr(t[5:-5]), -2 * schedule.ratio(t[5:-5]).log(), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("kind", SCHEDULES)
def test_single_times_are_what_tensors_say(kind):
    schedule = SCHEDULES[kind](steps=1000)
    for t in (-1.0, -0.3, 0.0, 0.5, 417.0, 998.75, 999.0):
        at = torch.tensor(t, dtype=torch.float64)
        expected = (schedule.alpha(at).item(), schedule.sigma(at).item())
        assert schedule.at(t) == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_ratio_finds_its_time(kind):
    schedule = SCHEDULES[kind](steps=1000)
    for t in (0.0, 3.25, 500.0, 900.75):
        ratio = schedule.ratio(torch.tensor(t, dtype=torch.float64)).item()
        assert schedule.time_of_ratio(ratio) == pytest.approx(t, abs=1e-6)
    assert schedule.time_of_ratio(1e-9) == 0
    assert schedule.time(schedule.fraction(123.5)) == pytest.approx(123.5)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_noising_step_by_step_is_the_closed_form(kind):
    """The steps' factors compose: same mean, and variances add up to sigma(t)^2."""
    schedule = SCHEDULES[kind](steps=50)
    x_0, one = torch.full((1, 3), 2.0).double(), torch.ones(1, 3).double()
    mean, variance = x_0, torch.zeros_like(x_0)
    for t in range(49):
        at = torch.tensor([t])
        mean = schedule.q_step(mean, at, torch.zeros_like(one))
        carried = schedule.q_step(one, at, torch.zeros_like(one))
        added = schedule.q_step(torch.zeros_like(one), at, one)
        variance = carried**2 * variance + added**2
    at = torch.tensor([48])
    torch.testing.assert_close(mean, schedule.q_sample(x_0, at, torch.zeros_like(one)))
    torch.testing.assert_close(
        variance, schedule.q_sample(torch.zeros_like(one), at, one) ** 2, rtol=1e-6, atol=1e-9
    )


def test_q_sample_takes_a_time_for_each_image_and_keeps_the_dtype():
    schedule = SCHEDULES["cosine"]()
    x_0, eps = torch.ones(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    x_t = schedule.q_sample(x_0, torch.tensor([0, 700]), eps)
    assert x_t.dtype == torch.float32
    assert x_t[0].mean() > 0.99
    assert x_t[1].mean() == pytest.approx(schedule.alpha(torch.tensor(700)).item(), rel=1e-6)


def test_cosine_follows_its_formula():
    f = [math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2 for t in (0, 501)]
    at = SCHEDULES["cosine"]().alpha_bar(torch.tensor(500)).item()
    assert at == pytest.approx(f[1] / f[0], rel=1e-9)
    assert SCHEDULES["cosine"]().betas.max() == 0.999


def test_the_flow_is_a_straight_line():
    schedule = SCHEDULES["flow"](steps=10)
    t = torch.tensor([4.0])
    x = schedule.q_sample(torch.full((1, 1), 2.0), t, torch.full((1, 1), 4.0))
    assert x.item() == pytest.approx(0.5 * 2 + 0.5 * 4)


def test_spacings_are_the_catalogs():
    assert set(SPACINGS) == {row.key for row in catalog.SPACINGS}


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("key", sorted(set(SPACINGS) - {"leading"}))
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 20, 50, 999, 1000])
def test_every_spacing_gives_exactly_the_steps_asked_for(kind, key, steps):
    schedule = SCHEDULES[kind](steps=1000)
    times = SPACINGS[key](schedule, steps)
    grid = schedule.grid(times)
    assert grid.steps == steps
    assert grid.t[0] == pytest.approx(schedule.start)
    assert grid.t[-1] == CLEAN
    assert grid.lam[-1] == math.inf
    assert math.isfinite(grid.lam[0])


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 36, 50, 333, 500, 501, 999, 1000])
def test_leading_visits_neither_end(kind, steps):
    schedule = SCHEDULES[kind](steps=1000)
    grid = schedule.grid(SPACINGS["leading"](schedule, steps))
    assert grid.steps == steps
    assert grid.t[0] <= schedule.start
    if steps <= 500:
        assert grid.t[-2:] == (1, 0)
        assert grid.t[-1] == 0
    else:
        assert grid.t[-1] == CLEAN


@pytest.mark.parametrize("steps", [10, 20, 50, 200])
def test_leading_is_the_published_spacing(steps):
    schedule = scaled_linear(1000, 0.00085, 0.012)
    times = SPACINGS["leading"](schedule, steps)
    assert times.tolist() == published_ddim(schedule, steps).tolist()


def test_karras_ratios_are_even_to_the_seventh_root():
    schedule = scaled_linear(1000, 0.00085, 0.012)
    grid = schedule.grid(SPACINGS["karras"](schedule, 12))
    roots = np.array(grid.ratio[:-1]) ** (1 / 7)
    np.testing.assert_allclose(np.diff(roots), np.diff(roots)[0], rtol=1e-6)
    assert grid.ratio[0] == pytest.approx(14.61464, rel=1e-5)


def test_published_ddim_times():
    schedule = scaled_linear()
    assert published_ddim(schedule, 50).tolist() == [*range(981, 0, -20), 0]
    assert published_ddim(schedule, 20)[[0, -2]].tolist() == [951, 1]
    assert len(published_ddim(schedule, 30)) - 1 == 31
    quad = published_ddim(schedule, 10, quadratic=True)
    assert quad[0] in (800, 801)
    assert quad[-2] == 1
    with pytest.raises(ValueError, match="no 3 steps"):
        published_ddim(schedule, 3)


def test_a_grid_refuses_times_that_do_not_descend():
    schedule = scaled_linear()
    for times in ([5], [1, 5], [5, 5, 1]):
        with pytest.raises(ValueError, match="descending"):
            schedule.grid(times)
    with pytest.raises(ValueError, match="no signal"):
        SCHEDULES["flow"]().grid([999, -1])
