"""Faithful: the denoiser of the residual latent, above all where nothing is known of it."""

import torch
from torch import Tensor

from studio.engine.schedules import SCHEDULES
from studio.training.ema import Ema
from studio.training.run import Run
from studio.training.stages import warm_cosine
from studio.training.upscaling.shop import Batch, UpscalerShop, no_latent, residual_cells

_SMOOTH = 0.01
"""Of the Charbonnier loss, in -1..1: smaller errors count by their square."""


def train_faithful(shop: UpscalerShop) -> None:
    """x_0-prediction of the latent with the small picture concatenated (arXiv:2112.10752 section
    4.4); writes the weights, the first stage and the configuration.

    Most samples have no latent at all at the time of pure noise: what the network learns there is
    the mean of what a small picture may stand for, which is Faithful's result. The error is that
    of the pixels.
    """
    config = shop.recipe.faithful
    torch.manual_seed(shop.recipe.seed)
    network, stage = shop.new_network(), shop.new_first_stage()
    optimiser = torch.optim.Adam(network.parameters(), config.learning_rate, (0.9, 0.99))
    ema = Ema(network, config.ema_decay)
    run = shop.run(
        "faithful", {"network": network, "stage": stage, "optimiser": optimiser, "ema": ema}
    )
    batches = shop.batches(config.batch, config.crop, shop.recipe.seed + run.step)
    started = run.seconds
    for step in run:
        rate = config.learning_rate * warm_cosine(step, run.seconds - started, shop.minutes, 100)
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = next(batches)
        x_t, time = _noised(batch, stage.latent(batch.residual), config.mean)
        with shop.precision():
            z = network(x_t, batch.small, time, batch.repair)
        error = residual_cells(stage, z) - batch.residual
        loss = charbonnier(error)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        ema.update()
        _log(run, error.detach(), batch, time)
    network.load_state_dict(ema.weights)
    shop.save(network.eval(), "faithful")
    shop.save_first_stage(stage)
    shop.write_model_config()


def charbonnier(error: Tensor) -> Tensor:
    """Mean of sqrt(e^2 + s^2) - s, between absolute and squared error."""
    return (error.square() + _SMOOTH**2).sqrt().mean() - _SMOOTH


def _noised(batch: Batch, z: Tensor, mean: float) -> tuple[Tensor, Tensor]:
    """x_t and its time [B] as a share of the schedule."""
    schedule = SCHEDULES["cosine"]()
    count = len(z)
    time = torch.rand(count, device=z.device).clamp(min=0.02)
    steps = (time * schedule.steps - 1).double()
    noisy = schedule.q_sample(z, steps, torch.randn_like(z))
    blank = torch.rand(count, device=z.device) < mean
    time = torch.where(blank, torch.ones_like(time), time)
    return torch.where(blank[:, None, None, None], no_latent(batch), noisy), time


def _log(run: Run, error: Tensor, batch: Batch, time: Tensor) -> None:
    """PSNR of the means for clean and for damaged pictures, and what they gain over bicubic."""
    blank = time == 1
    for name, chosen in (
        ("clean", blank & (batch.repair == 0)),
        ("damaged", blank & (batch.repair > 0)),
    ):
        if chosen.any():
            before = batch.residual[chosen].square().mean((1, 2, 3))
            after = error[chosen].square().mean((1, 2, 3))
            gain = 10 * (before.clamp(min=1e-7) / after.clamp(min=1e-7)).log10()
            run.log(**{f"gain_{name}": gain.mean()})
    run.log(loss=charbonnier(error))
