import pytest
import torch

from studio.engine.denoiser import (
    PARAMETERISATIONS,
    Condition,
    Denoiser,
    Guidance,
    read,
    target,
)
from studio.engine.schedules import SCHEDULES


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("prediction", PARAMETERISATIONS)
def test_reading_the_target_gives_back_data_and_noise(kind, prediction):
    schedule = SCHEDULES[kind](steps=1000)
    t = torch.tensor([40.0, 700.5, 300.0, 900.0])
    x_0, eps = torch.randn(2, 4, 3, 5, 5, dtype=torch.float64)
    x_t = schedule.q_sample(x_0, t, eps)
    found = read(prediction, schedule, target(prediction, schedule, x_0, eps, t), x_t, t)
    torch.testing.assert_close(found.x_0, x_0, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found.eps, eps, rtol=1e-6, atol=1e-6)


def test_v_is_the_published_combination():
    schedule = SCHEDULES["scaled_linear"]()
    t = torch.tensor([300])
    x_0, eps = torch.tensor([[2.0]]).double(), torch.tensor([[3.0]]).double()
    a = schedule.alpha_bar(t)
    expected = a.sqrt() * eps - (1 - a).sqrt() * x_0
    torch.testing.assert_close(target("v", schedule, x_0, eps, t), expected)


class Recorder:
    """A network whose output is the mean of its context; it notes how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, x_t, t, condition):
        self.calls.append((len(x_t), t.tolist()))
        return torch.ones_like(x_t) * condition.context.mean((1, 2))[:, None, None, None]


def context(value):
    return Condition(context=torch.full((1, 2, 3), float(value)))


def guided(network, **changes):
    guidance = Guidance(**{"scale": 3.0, "negative": context(1)} | changes)
    schedule = SCHEDULES["cosine"]()
    return Denoiser(
        network=network,
        schedule=schedule,
        prediction="eps",
        condition=context(2),
        guidance=guidance,
    )


@pytest.mark.parametrize("together", [False, True])
def test_guidance_extrapolates_from_the_unconditional_output(together):
    network = Recorder()
    prediction = guided(network, together=together)(torch.zeros(1, 4, 2, 2), 500.0)
    assert prediction.eps.unique().tolist() == [1 + 3.0 * (2 - 1)]
    expected = [(2, [500.0, 500.0])] if together else [(1, [500.0]), (1, [500.0])]
    assert network.calls == expected


@pytest.mark.parametrize(
    "changes",
    [{"scale": 1.0}, {"negative": None}, {"interval": (0.0, 0.4)}, {"interval": (0.9, 1)}],
)
def test_without_need_only_the_conditional_half_is_computed(changes):
    network = Recorder()
    prediction = guided(network, **changes)(torch.zeros(1, 4, 2, 2), 500.0)
    assert prediction.eps.unique().tolist() == [2]
    assert len(network.calls) == 1


def test_guidance_works_at_the_ends_of_its_interval():
    guidance = Guidance(scale=2.0, interval=(0.25, 0.75), negative=context(0))
    assert [guidance.active(f) for f in (0.2, 0.25, 0.5, 0.75, 0.8)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_every_network_call_can_be_stopped_before_it_is_made():
    network = Recorder()
    denoiser = guided(network)

    class StopNowError(Exception):
        pass

    def before_second():
        if network.calls:
            raise StopNowError

    stopping = Denoiser(
        network=network,
        schedule=denoiser.schedule,
        prediction="eps",
        condition=denoiser.condition,
        guidance=denoiser.guidance,
        before_call=before_second,
    )
    with pytest.raises(StopNowError):
        stopping(torch.zeros(1, 4, 2, 2), 500.0)
    assert len(network.calls) == 1
