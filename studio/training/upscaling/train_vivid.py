"""Vivid: the denoiser becomes a sampler of few steps whose pictures are as sharp as real ones."""

import copy
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.contract.upscaling import NATIVE_SCALE
from studio.engine.nets.upscaler import UpscalerNet
from studio.engine.schedules import SCHEDULES, Schedule
from studio.engine.upscaling.first_stage import ResidualFirstStage, without_colour
from studio.training.adversaries import Adversaries
from studio.training.losses import (
    PatchDiscriminator,
    adaptive_weight,
    finest_octave,
    gradient_strength,
    texture_difference,
)
from studio.training.metrics import band_gradients
from studio.training.stages import warm_cosine
from studio.training.upscaling.shop import Batch, UpscalerShop, no_latent, residual_cells

_WINDOW = 16
"""Pixels of the large picture whose amount of detail is compared."""

_AIM = 0.9
"""Invented detail in the full amount looks like noise."""

_LIMIT = 3.0
"""Of the adversarial term's adaptive weight."""


def train_vivid(shop: UpscalerShop) -> None:
    """Adversarial fine-tuning of the denoiser at the sampler's own noise levels (as in adversarial
    diffusion distillation, arXiv:2311.17042); writes the weights.

    Every step begins where the sampler will: at Faithful's result noised to the first level, or at
    the network's own result noised to the next. L = w_p |pixels| + w_s |amount of detail| + w_a
    lambda (-D(x~)) once the discriminator, which sees the picture beside its bicubic enlargement,
    has learned for ``judge_lead`` steps.
    """
    config = shop.recipe.vivid
    torch.manual_seed(shop.recipe.seed + 1)
    faithful, stage = shop.trained()
    network = copy.deepcopy(faithful).train().requires_grad_(True)
    judge = PatchDiscriminator(config.discriminator_channels, inputs=6).to(shop.device)
    rates = (config.learning_rate, config.discriminator_learning_rate)
    adversaries = Adversaries(
        network, judge, rates=rates, betas=(0.5, 0.99), decay=config.ema_decay
    )
    run = shop.run("vivid", adversaries.parts)
    sampler = Sampler(shop, faithful, network, stage)
    batches = shop.batches(config.batch, config.crop, shop.recipe.seed + 1 + run.step)
    started, weight = run.seconds, torch.zeros((), device=shop.device)
    for step in run:
        adversaries.set_pace(warm_cosine(step, run.seconds - started, shop.minutes, 50))
        batch = next(batches)
        cells = sampler.step(batch)
        pixel = (cells - batch.cells).abs().mean()
        made, real, base = (_picture(part) for part in (cells, batch.cells, batch.base))
        detail = texture_difference(real, made, window=_WINDOW, strength=gradient_strength)
        loss = config.pixel_weight * pixel + config.statistics_weight * detail
        if step >= config.judge_lead:
            judge.requires_grad_(False)
            with shop.precision():
                verdict = judge(torch.cat([made, base], 1)).float()
            against = -verdict.mean()
            if step % 8 == 0 or not weight:
                weight = adaptive_weight(loss, against, network.conv_out.weight, _LIMIT)
            loss = loss + config.adversarial_weight * weight * against
            judge.requires_grad_(True)
            run.log(against=against, weight=weight)
        adversaries.improve(loss)
        with shop.precision():
            of_real = judge(torch.cat([real, base], 1)).float()
            of_made = judge(torch.cat([made.detach(), base], 1)).float()
        judge_loss = adversaries.improve_judge(of_real, of_made)
        run.log(pixel=pixel, detail=detail, judge=judge_loss)
        run.log(ratio=finest_octave(made).abs().mean() / finest_octave(real).abs().mean())
    network.load_state_dict(adversaries.ema.weights)
    shop.save(network.eval(), "vivid")
    shop.write_model_config(vivid_gain=calibrated_gain(sampler, batches))


@torch.inference_mode()
def calibrated_gain(sampler: "Sampler", batches: Iterator[Batch], count: int = 40) -> float:
    """How many times what the sampler adds to the mean must count, 0.5 to 2, for its pictures of
    clean training crops to have the share ``_AIM`` of the real ones' gradient in the finest band.

    The pixel term pulls the network towards the mean, so that its samples are a little too soft.
    """
    sampled = []
    for _ in range(count):
        batch = next(batches)
        clean = batch.repair == 0
        parts = (batch.cells, *sampler.sample(batch))
        sampled.append(tuple(_picture(part[clean]) for part in parts))
    large, mean, added = (torch.cat(part) for part in zip(*sampled, strict=True))
    if not len(large):
        return 1.0
    real = _finest_gradient(large)

    def ratio(gain: float) -> float:
        return _finest_gradient((mean + gain * added).clamp(-1, 1)) / real

    low, high = 0.5, 2.0
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (middle, high) if ratio(middle) < _AIM else (low, middle)
    return round((low + high) / 2, 3)


def _finest_gradient(images: Tensor) -> float:
    return float(band_gradients(images)[0])


class Sampler:
    """The engine's steps, one of them with gradients."""

    def __init__(
        self,
        shop: UpscalerShop,
        faithful: UpscalerNet,
        network: UpscalerNet,
        stage: ResidualFirstStage,
    ) -> None:
        self._shop, self._faithful, self._network, self._stage = shop, faithful, network, stage
        self._schedule: Schedule = SCHEDULES["cosine"]()
        self._times = shop.recipe.vivid.times

    def step(self, batch: Batch) -> Tensor:
        """The cells [B, 48, h, w] after a random number of the sampler's steps; the gradient is
        that of the last one.
        """
        mean, added = self.sample(batch, int(torch.randint(len(self._times), ())))
        return mean + added

    def sample(self, batch: Batch, last: int = -1) -> tuple[Tensor, Tensor]:
        """Faithful's cells, and what the sampler's steps up to ``last`` add to them."""
        last %= len(self._times)
        with torch.no_grad():
            mean = z = self._evaluate(self._faithful, no_latent(batch), batch, 1.0)
            for number in range(last):
                z = self._step(z, batch, self._times[number])
        z = self._step(z, batch, self._times[last])
        mean, z = (residual_cells(self._stage, part) for part in (mean, z))
        return batch.base + mean, without_colour(z - mean)

    def _step(self, x_0: Tensor, batch: Batch, time: float) -> Tensor:
        alpha, sigma = self._schedule.at(self._schedule.time(time))
        x_t = alpha * x_0 + sigma * torch.randn_like(x_0)
        return self._evaluate(self._network, x_t, batch, time)

    def _evaluate(self, network: UpscalerNet, x_t: Tensor, batch: Batch, time: float) -> Tensor:
        told = torch.full_like(batch.repair, time)
        with self._shop.precision():
            z: Tensor = network(x_t, batch.small, told, batch.repair)
        return z.float()


def _picture(cells: Tensor) -> Tensor:
    return F.pixel_shuffle(cells, NATIVE_SCALE)
