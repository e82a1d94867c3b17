"""Training of the segmenter on rendered worlds."""

import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.engine.configuration import build
from studio.engine.families.latent_diffusion import denormalised
from studio.engine.model_config import FirstStageConfig
from studio.training.data import LABELS, WorldData, as_images, channel_of_label
from studio.training.latents import LatentData
from studio.training.segmenter import Segmenter
from studio.training.stages import MOODS, Workshop, batch_rows, mixed_precision, warm_cosine
from studio.training.train_first_stage import load_first_stage
from studio.training.warm_start import start_from


def train_segmenter(shop: Workshop) -> None:
    """Cross-entropy of materials (at a quarter of the size) and of moods; writes weights.

    Once the latents are cached, a share of the pictures is seen through the first stage, see
    ``Worn``.
    """
    config, data = shop.recipe.segmenter, shop.data()
    torch.manual_seed(shop.recipe.seed)
    network = Segmenter(config.channels, len(LABELS), MOODS, config.overview)
    if shop.start and not shop.resume:
        start_from(network, shop.start / "segmenter.safetensors")
    network = network.to(shop.device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=0.01, fused=True
    )
    run = shop.run("segmenter", {"network": network, "optimiser": optimiser})
    worn = Worn(shop) if (shop.stage("latents") / "tokens.npy").exists() else None
    table = torch.from_numpy(channel_of_label()).long()
    rarity = label_weights(data, table).to(shop.device)
    autocast = mixed_precision(shop.device)
    generator = torch.Generator().manual_seed(shop.recipe.seed + run.step)
    started = run.seconds
    network.train()
    for step in run:
        rate = warm_cosine(step, run.seconds - started, shop.minutes, 100)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * rate
        picks = batch_rows(generator, len(data), config.batch)
        images, labels, flipped = _batch(
            data.pictures, data.labels, data.rows[picks], table, generator
        )
        images, labels = images.to(shop.device), labels.to(shop.device)
        if worn is not None:
            images = worn.instead(images, flipped, picks, config.worn, generator)
        with autocast:
            logits, mood_logits, _ = network(images)
        logits = logits.float()
        material_loss = F.cross_entropy(logits, labels, rarity, ignore_index=len(LABELS))
        mood_losses = [
            F.cross_entropy(
                mood_logits[name].float(),
                torch.tensor(
                    [values.index(data.moods[i][name]) for i in picks], device=shop.device
                ),
            )
            for name, values in network.moods.items()
        ]
        mood_loss = torch.stack(mood_losses).mean()
        optimiser.zero_grad(set_to_none=True)
        (material_loss + 0.5 * mood_loss).backward()
        optimiser.step()
        with torch.no_grad():
            right = (logits.argmax(1) == labels)[labels < len(LABELS)].float().mean()
        run.log(material_loss=material_loss, mood_loss=mood_loss, pixel_accuracy=right)
    shop.save(network.eval(), "segmenter", config=json.dumps(network.config()))


class Worn:
    """Pictures as the first stage gives them back, with noise on their latents and a contrast of
    their own.

    A judge that has only seen clean renders takes the grain of any decoder for spring flowers.
    What it judges has gone through this decoder, from latents that are never exact, and guidance
    has driven its contrast up.
    """

    NOISE = 0.5  # most of it, in standard deviations of a latent
    CONTRAST = (0.85, 1.3)

    def __init__(self, shop: Workshop) -> None:
        self._latents = LatentData.read(shop.stage("latents")).latents
        self._first_stage = load_first_stage(shop)
        self._config = build(FirstStageConfig, shop.read_config()["first_stage"], "first_stage")
        self._autocast = mixed_precision(shop.device)

    @torch.no_grad()
    def instead(
        self,
        images: Tensor,
        flipped: Tensor,
        rows: np.ndarray,
        share: float,
        generator: torch.Generator,
    ) -> Tensor:
        """``images`` [B, 3, H, W] of ``rows``, mirrored where ``flipped``, about a ``share`` of
        them worn.
        """
        chosen = torch.rand(len(rows), generator=generator) < share
        if not chosen.any():
            return images
        picks = chosen.numpy()
        z = self._latents[rows[picks], flipped[chosen].long().numpy()].astype(np.float32)
        x = torch.from_numpy(z)
        count = (len(x), 1, 1, 1)
        noise = torch.randn(x.shape, generator=generator)
        x = x + self.NOISE * torch.rand(count, generator=generator) * noise
        x = x.to(images.device).contiguous(memory_format=torch.channels_last)
        with self._autocast:
            made = self._first_stage.decode(denormalised(x, self._config)).float()
        low, high = self.CONTRAST
        contrast = low + (high - low) * torch.rand(count, generator=generator).to(made.device)
        mean = made.mean((2, 3), keepdim=True)
        result = images.clone()
        result[chosen.to(images.device)] = (mean + contrast * (made - mean)).clamp(-1, 1)
        return result


def label_weights(data: WorldData, table: Tensor) -> Tensor:
    """float32 [labels], mean 1: the fourth root of rarity, so that rare materials count for more
    than their few pixels, as they do in a mean over materials.
    """
    rows = data.rows[:: max(1, len(data) // 256)]
    channels = table[torch.from_numpy(data.labels[rows, 0, ::4, ::4].astype(np.int64))]
    counts = torch.bincount(channels.flatten(), minlength=len(LABELS) + 1)[: len(LABELS)]
    weights = (counts.float() + 1).pow(-0.25)
    return weights / weights.mean()


def _batch(
    pictures: np.ndarray,
    labels: np.ndarray,
    rows: np.ndarray,
    table: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures [B, 3, H, W], exact maps at a quarter [B, H/4, W/4], and which of both are mirrored,
    bool [B], about half.

    A little noise and blur of random strength keeps the network from leaning on the renderer's
    finest grain, which no decoder reproduces.
    """
    images = as_images(pictures[rows], torch.device("cpu"))
    maps = table[torch.from_numpy(labels[rows, 0, 2::4, 2::4].astype(np.int64))]
    flip = torch.rand(len(rows), generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    maps = torch.where(flip[:, None, None], maps.flip(-1), maps)
    strength = torch.rand(len(rows), 1, 1, 1, generator=generator)
    blurred = F.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    images = torch.lerp(images, blurred, strength * (torch.rand(1, generator=generator) < 0.6))
    noise = torch.randn(images.shape, generator=generator)
    images = images + 0.04 * torch.rand(len(rows), 1, 1, 1, generator=generator) * noise
    return images.contiguous(memory_format=torch.channels_last), maps, flip
