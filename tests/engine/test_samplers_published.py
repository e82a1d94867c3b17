"""Every sampler against diffusers' scheduler of the same name, on one small random network."""

import diffusers
import numpy as np
import pytest
import torch

from studio.engine.denoiser import Denoiser
from studio.engine.samplers import SAMPLERS
from studio.engine.schedules import SCHEDULES
from studio.engine.spacings import SPACINGS, published_ddim

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")

STEPS = 10
SHAPE = (2, 4, 8, 8)
BETAS = {"beta_start": 0.00085, "beta_end": 0.012}
TRAINED = {**BETAS, "beta_schedule": "scaled_linear", "timestep_spacing": "trailing"}


class SmallNetwork(torch.nn.Module):
    """Two convolutions whose output depends on time, about as large as its input."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.into = torch.nn.Conv2d(4, 16, 3, padding=1)
        self.out = torch.nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, x_t, t, condition=None):
        time = torch.cos(t / 150)[:, None, None, None]
        return x_t * 0.7 + self.out(torch.tanh(self.into(x_t) + time))


@pytest.fixture(scope="module")
def network():
    return SmallNetwork().eval()


def draws():
    generator = torch.Generator().manual_seed(7)
    return lambda: torch.randn(SHAPE, generator=generator)


def mine(network, key, prediction, times, begin, eta=0.0):
    schedule = SCHEDULES["scaled_linear"](1000, **BETAS)
    denoise = Denoiser(network=network, schedule=schedule, prediction=prediction)
    grid = schedule.grid(times)
    *_, end = SAMPLERS[key](denoise, begin, grid, draws(), eta)
    return end.x_t


def theirs(network, monkeypatch, scheduler, begin, scaled=False, **step):
    """Run diffusers' loop with the same noise; ``scaled`` ones keep x_t divided by alpha."""
    noise = draws()

    def same_noise(shape, **_):
        return noise().expand(shape)

    for module in (
        "scheduling_ddpm",
        "scheduling_ddim",
        "scheduling_euler_discrete",
        "scheduling_euler_ancestral_discrete",
        "scheduling_dpmsolver_multistep",
        "scheduling_heun_discrete",
    ):
        path = f"diffusers.schedulers.{module}.randn_tensor"
        monkeypatch.setattr(path, same_noise, raising=False)
    scheduler.set_timesteps(STEPS)
    x = begin
    if scaled:
        x = begin * (scheduler.sigmas.max() ** 2 + 1) ** 0.5
    for t in scheduler.timesteps:
        given = scheduler.scale_model_input(x, t)
        out = network(given, torch.full((len(x),), float(t)))
        x = scheduler.step(out, t, x, **step).prev_sample
    return x


CASES = {
    "ddim": (diffusers.DDIMScheduler, {"clip_sample": False}, False),
    "ddpm": (diffusers.DDPMScheduler, {"clip_sample": False}, False),
    "plms": (diffusers.PNDMScheduler, {"skip_prk_steps": True, "set_alpha_to_one": True}, False),
    "euler": (diffusers.EulerDiscreteScheduler, {}, True),
    "euler_a": (diffusers.EulerAncestralDiscreteScheduler, {}, True),
    "heun": (diffusers.HeunDiscreteScheduler, {}, True),
    "dpmpp_2m": (diffusers.DPMSolverMultistepScheduler, {"final_sigmas_type": "zero"}, False),
    "dpmpp_2m_sde": (
        diffusers.DPMSolverMultistepScheduler,
        {"algorithm_type": "sde-dpmsolver++", "final_sigmas_type": "zero"},
        False,
    ),
    "unipc": (diffusers.UniPCMultistepScheduler, {"final_sigmas_type": "zero"}, False),
}
PREDICTIONS = {"eps": "epsilon", "v": "v_prediction"}


# diffusers' PLMS keeps a history of v itself, not of eps as the paper does, hence no such row
ROWS = [(key, p) for key in SAMPLERS for p in PREDICTIONS if (key, p) != ("plms", "v")]


@pytest.mark.parametrize(("key", "prediction"), ROWS)
@torch.inference_mode()
def test_a_sampler_agrees_with_diffusers(network, monkeypatch, key, prediction):
    make, options, scaled = CASES[key]
    scheduler = make(**TRAINED, prediction_type=PREDICTIONS[prediction], **options)
    begin = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    times = SPACINGS["trailing"](SCHEDULES["scaled_linear"](1000, **BETAS), STEPS)
    expected = theirs(network, monkeypatch, scheduler, begin, scaled)
    found = mine(network, key, prediction, times, begin)
    assert expected.abs().max() > 0.1
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("eta", [0.5, 1.0])
@torch.inference_mode()
def test_ddim_with_noise_agrees_with_diffusers(network, monkeypatch, eta):
    make, options, _ = CASES["ddim"]
    begin = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    times = SPACINGS["trailing"](SCHEDULES["scaled_linear"](1000, **BETAS), STEPS)
    expected = theirs(network, monkeypatch, make(**TRAINED, **options), begin, eta=eta)
    found = mine(network, "ddim", "eps", times, begin, eta)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_the_published_ddim_times_agree_with_diffusers(network, monkeypatch):
    scheduler = diffusers.DDIMScheduler(
        **{**TRAINED, "timestep_spacing": "leading"},
        steps_offset=1,
        clip_sample=False,
        set_alpha_to_one=False,
    )
    begin = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    times = published_ddim(SCHEDULES["scaled_linear"](1000, **BETAS), STEPS)
    expected = theirs(network, monkeypatch, scheduler, begin)
    torch.testing.assert_close(
        mine(network, "ddim", "eps", times, begin), expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("key", ["dpmpp_2m", "euler", "heun"])
@torch.inference_mode()
def test_karras_spacing_agrees_with_diffusers(network, monkeypatch, key):
    make, options, scaled = CASES[key]
    scheduler = make(
        **{**TRAINED, "timestep_spacing": "linspace"}, use_karras_sigmas=True, **options
    )
    begin = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    scheduler.set_timesteps(STEPS)
    schedule = SCHEDULES["scaled_linear"](1000, **BETAS)
    times = SPACINGS["karras"](schedule, STEPS)
    ratios = np.unique(scheduler.sigmas.numpy())[::-1]
    np.testing.assert_allclose(schedule.grid(times).ratio, ratios, rtol=1e-4)
    expected = theirs(network, monkeypatch, scheduler, begin, scaled)
    # diffusers rounds the time it tells the network here and there, so the tolerance is wider
    found = mine(network, key, "eps", times, begin)
    torch.testing.assert_close(found, expected, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("steps", [20, 25, 50])
def test_trailing_times_are_diffusers_times(steps):
    scheduler = diffusers.DDIMScheduler(**TRAINED)
    scheduler.set_timesteps(steps)
    times = SPACINGS["trailing"](SCHEDULES["scaled_linear"](1000, **BETAS), steps)
    assert times[:-1].tolist() == pytest.approx(scheduler.timesteps.tolist())
