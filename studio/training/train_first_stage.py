"""Perceptual image compression: the KL autoencoder of the bundled models."""

import dataclasses
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from studio.engine.nets.autoencoder import (
    AutoencoderConfig,
    DiagonalGaussian,
    KLAutoencoder,
)
from studio.engine.weights import load_module
from studio.training.adversaries import Adversaries
from studio.training.data import as_images
from studio.training.linear_start import start_linear
from studio.training.losses import (
    PatchDiscriminator,
    adaptive_weight,
    gradient_difference,
    perceptual_distance,
    texture_difference,
)
from studio.training.segmenter import Segmenter
from studio.training.stages import (
    Workshop,
    batch_rows,
    mixed_precision,
    read_config,
    warm_cosine,
)
from studio.training.warm_start import start_from

Module = TypeVar("Module", bound=torch.nn.Module)


def train_first_stage(shop: Workshop, *, decoder_only: bool = False) -> None:
    """Equation 25 of the paper, two alternating updates a batch; writes first-stage weights.

    L = |x - x~| + w_e edges + w_t texture + w_p perceptual + w_kl KL + w_a lambda (-D(x~)),
    where lambda is the adaptive weight and D starts after ``adversarial_start`` steps.
    ``decoder_only`` keeps the encoder of the averaged weights, so that a denoiser trained on its
    latents stays good, and disturbs the latents as a denoiser's errors would.
    """
    config, data = shop.recipe.first_stage, shop.data()
    torch.manual_seed(shop.recipe.seed)
    network = _channels_last(KLAutoencoder(config.autoencoder), shop.device)
    if shop.start:
        start_from(network, shop.start / "first_stage.safetensors")
    elif config.autoencoder.shortcut:
        start_linear(network, data.pictures)
    judge = _channels_last(PatchDiscriminator(config.discriminator_channels), shop.device)
    rates = (config.learning_rate, config.learning_rate * config.judge_rate)
    adversaries = Adversaries(network, judge, rates=rates, betas=(0.5, 0.9), decay=0.998)
    run = shop.run("first-stage", adversaries.parts)
    if decoder_only:
        network.load_state_dict(adversaries.ema.weights)
        network.encoder.requires_grad_(False)
        network.quant_conv.requires_grad_(False)
    segmenter, autocast = shop.segmenter(), mixed_precision(shop.device)
    generator = torch.Generator().manual_seed(shop.recipe.seed + run.step)
    started, weight = run.seconds, torch.zeros((), device=shop.device)
    for step in run:
        adversaries.set_pace(warm_cosine(step, run.seconds - started, shop.minutes, 100))
        picks = data.rows[batch_rows(generator, len(data), config.batch)]
        images = _crops(data.pictures, picks, config.crop, generator).to(shop.device)
        with autocast:
            posterior = _in_float(network.encode(images))
            z = posterior.sample()
            if decoder_only:
                z = z + _disturbance(z, config.latent_noise, generator)
            made = network.decode(z).float()
        pixel = (images - made).abs().mean()
        edges = gradient_difference(images, made)
        with autocast:
            percept = _perceptual(segmenter, images, made)
        kl = posterior.kl().mean()
        texture = texture_difference(images, made)
        reconstruction = (
            pixel
            + config.edge_weight * edges
            + config.perceptual_weight * percept
            + config.texture_weight * texture
        )
        loss = reconstruction + config.kl_weight * kl
        judging = step >= config.adversarial_start
        if step >= config.adversarial_start + config.judge_lead:
            judge.requires_grad_(False)
            with autocast:
                generator_loss = -judge(made).float().mean()
            if step % 8 == 0 or not weight:
                weight = adaptive_weight(
                    reconstruction, generator_loss, _last_layer(network), config.adversarial_limit
                )
            loss = loss + config.adversarial_weight * weight * generator_loss
            judge.requires_grad_(True)
            run.log(generator_loss=generator_loss, adaptive_weight=weight)
        adversaries.improve(loss)
        if judging:
            with autocast:
                verdicts = judge(images).float(), judge(made.detach()).float()
            run.log(judge_loss=adversaries.improve_judge(*verdicts))
        run.log(pixel=pixel, edges=edges, texture=texture, perceptual=percept, kl=kl)
    network.load_state_dict(adversaries.ema.weights)
    shop.save(network.eval(), "first_stage")
    if decoder_only:
        return
    if shop.start and config.autoencoder.linear_encoder:
        # The latents are the same as before, and a denoiser's weights belong to their scale.
        shop.write_config(first_stage=read_config(shop.start)["first_stage"])
        return
    latents = _latent_statistics(network, data.pictures, data.rows, shop.device)
    shop.write_config(
        first_stage={"autoencoder": dataclasses.asdict(config.autoencoder), **latents}
    )


def load_first_stage(shop: Workshop) -> KLAutoencoder:
    """The trained first stage of the model folder, frozen, in float32."""
    section = shop.read_config().get("first_stage")
    if section is None:
        raise ValueError("There is no first stage yet; run `latent-studio train first-stage`.")
    network = KLAutoencoder(AutoencoderConfig(**section["autoencoder"]))
    path = shop.model / "first_stage.safetensors"
    load_module(network, path, device=shop.device, dtype=torch.float32)
    return _channels_last(network, shop.device).eval().requires_grad_(False)


def _channels_last(module: Module, device: torch.device) -> Module:
    return module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _last_layer(network: KLAutoencoder) -> Tensor:
    return network.decoder.conv_out.weight


def _in_float(posterior: DiagonalGaussian) -> DiagonalGaussian:
    return DiagonalGaussian(posterior.mean.float(), posterior.logvar.float())


def _disturbance(z: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Noise of a random strength up to ``most`` standard deviations of the latents.

    A denoiser's latents are never exact; a decoder that has met such errors hides them.
    """
    strength = torch.rand(len(z), 1, 1, 1, generator=generator) * most
    noise = torch.randn(z.shape, generator=generator)
    return (strength * noise).to(z) * z.detach().std()


def _perceptual(segmenter: Segmenter, images: Tensor, made: Tensor) -> Tensor:
    with torch.no_grad():
        real = [level.float() for level in segmenter.features(images)]
    return perceptual_distance(real, [level.float() for level in segmenter.features(made)])


def _crops(pictures: np.ndarray, rows: np.ndarray, crop: int, generator: torch.Generator) -> Tensor:
    """Random crops of whole pictures, half of them flipped: float32 [B, 3, crop, crop]."""
    height, width = pictures.shape[1:3]
    cut = []
    for row in rows:
        top = int(torch.randint(height - crop + 1, (1,), generator=generator))
        left = int(torch.randint(width - crop + 1, (1,), generator=generator))
        cut.append(pictures[row, top : top + crop, left : left + crop])
    images = as_images(np.stack(cut), torch.device("cpu"))
    flip = torch.rand(len(rows), 1, 1, 1, generator=generator) < 0.5
    images = torch.where(flip, images.flip(-1), images)
    return images.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def _latent_statistics(
    network: KLAutoencoder, pictures: np.ndarray, rows: np.ndarray, device: torch.device
) -> dict[str, list[float]]:
    """Means of the latent channels and one standard deviation for all of them, over at most 512
    pictures: the paper's rescaling to unit variance (appendix D.1) keeps the channels' order.
    """
    means = []
    for chunk in tqdm(np.array_split(rows[:512], max(1, min(len(rows), 512) // 8)), desc="latents"):
        means.append(network.encode(as_images(pictures[chunk], device)).mode().cpu())
    z = torch.cat(means).transpose(0, 1).flatten(1)
    deviation = z.var(1).mean().sqrt().item()
    return {"latent_mean": z.mean(1).tolist(), "latent_std": [deviation] * len(z)}
