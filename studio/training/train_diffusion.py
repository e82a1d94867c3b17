"""Training of the denoiser with its text and map encoders (equation 3 of the paper)."""

import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from studio.engine.denoiser import target
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.nets.text_transformer import TextTransformer, TextTransformerConfig
from studio.engine.nets.unet import UNet, UNetConfig
from studio.engine.schedules import SCHEDULES
from studio.training.config import DiffusionConfig
from studio.training.data import LABELS
from studio.training.ema import Ema
from studio.training.latents import BEHIND_FOG, UNDER_SNOW, LatentData, uncovered
from studio.training.stages import Workshop, batch_rows, mixed_precision, warm_cosine
from studio.training.warm_start import start_from, words_as_before

TRAIN_STEPS = 1000


class SteeredDenoiser(nn.Module):
    """The U-Net and what steers it: text by cross-attention, the map by concatenation."""

    def __init__(self, unet: UNetConfig, text: TextTransformerConfig, map_encoder: SpatialRescaler):
        super().__init__()
        self.unet = UNet(unet)
        self.text = TextTransformer(text)
        self.map_encoder = map_encoder

    def forward(self, x_t: Tensor, t: Tensor, ids: Tensor, shares: Tensor) -> Tensor:
        """x_t [B, C, h, w], t [B], ids int64 [B, T], label shares [B, 21, h, w] -> prediction."""
        steering = self.map_encoder.channel_mapper(shares)
        return self.unet(torch.cat([x_t, steering], 1), t, context=self.text(ids))


def build_denoiser(config: DiffusionConfig, latent_channels: int, words: int) -> SteeredDenoiser:
    """The networks of a recipe with their channels filled in."""
    unet = UNetConfig(
        in_channels=latent_channels + config.map["channels"],
        out_channels=latent_channels,
        context_dim=config.text["width"],
        **config.unet,
    )
    text = TextTransformerConfig(vocab_size=words, **config.text)
    rescaler = SpatialRescaler(
        n_stages=config.map["stages"],
        in_channels=len(LABELS) + 1,
        out_channels=config.map["channels"],
    )
    return SteeredDenoiser(unet, text, rescaler)


def train_diffusion(shop: Workshop) -> None:
    """Minimise the squared error of the prediction over t; writes the EMA's weights."""
    config, data = shop.recipe.diffusion, LatentData.read(shop.stage("latents"))
    torch.manual_seed(shop.recipe.seed)
    words = len(_tokenizer_vocabulary(shop))
    network = build_denoiser(config, data.latents.shape[2], words)
    if shop.start and not shop.resume:
        _start_from(network, shop.start, shop.model / "tokenizer.json")
    network = network.to(shop.device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = [
        {"params": network.unet.parameters(), "lr": config.learning_rate},
        {"params": network.map_encoder.parameters(), "lr": config.learning_rate},
        {"params": network.text.parameters(), "lr": config.text_learning_rate},
    ]
    rates = [group["lr"] for group in groups]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    ema = Ema(network, config.ema_decay)
    run = shop.run("diffusion", {"network": network, "optimiser": optimiser, "ema": ema})
    schedule = SCHEDULES[config.schedule](TRAIN_STEPS)
    generator = torch.Generator().manual_seed(shop.recipe.seed + run.step)
    started = run.seconds
    autocast = mixed_precision(shop.device)
    rarity = material_weights(data, config.rare_weight).to(shop.device)
    for step in run:
        factor = warm_cosine(step, run.seconds - started, shop.minutes, config.warm_up)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        x_0, ids, shares = (part.to(shop.device) for part in draw_batch(data, config, generator))
        without_map = shares[:, -1].amin((1, 2)) == 1
        shift = torch.where(without_map, config.time_shift_without_map, config.time_shift)
        t = draw_times(shift.cpu(), generator).to(shop.device)
        eps = torch.randn(x_0.shape, generator=generator).to(shop.device)
        x_t = schedule.q_sample(x_0, t, eps)
        wanted = target(config.prediction, schedule, x_0, eps, t)
        with autocast:
            predicted = network(x_t, t.float(), ids, shares)
        errors = (predicted.float() - wanted).square().mean(1)
        errors = (errors * torch.einsum("c,bcyx->byx", rarity, shares)).mean((1, 2))
        loss = errors.mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        ema.update()
        run.log(loss=loss, gradient_norm=norm)
        for low in (0, 250, 500, 750):
            if (inside := (t >= low) & (t < low + 250)).any():
                run.log(**{f"loss_t{low}": errors[inside].mean()})
    network.load_state_dict(ema.weights)
    _export(shop, network.eval(), words)


def material_weights(data: LatentData, power: float) -> Tensor:
    """float32 [21]: the weight of an error in a cell of every material, mean 1 over the data.

    A material counts by ``power`` of its rarity, or gravel and rocks, on one cell in a hundred,
    would be learnt last. The weight depends on the condition alone, so that the best prediction
    stays the same; unlabelled cells weigh 1, which leaves pictures without a map as they are.
    """
    step = max(1, len(data.maps) // 512)
    share = torch.from_numpy(data.maps[::step, 0].mean((0, 2, 3))).float().div(255)
    weights = share.clamp(min=1e-3).pow(-power)
    weights = weights / (weights * share).sum()
    weights[-1] = 1.0
    return weights


def draw_times(shift: Tensor, generator: torch.Generator) -> Tensor:
    """int64 [B] steps 0..999 for shifts float [B], one in each of B equal parts of u = 0..1.

    t = 1000 s u / (1 + (s - 1) u), as in rectified flow for large pictures (arXiv:2403.03206,
    equation 23): a shift s above 1 prefers noisy steps. Season, hour and weather concern the mean
    over a thousand latent cells, which shows through until the noise is some thirty times the
    signal: they are decided in the last twentieth of the steps. Where there is no map the layout
    is decided there as well. Spreading the draws takes noise out of the gradient.
    """
    count = len(shift)
    part = torch.randperm(count, generator=generator)
    u = (part + torch.rand(count, generator=generator)) / count
    t = shift * u / (1 + (shift - 1) * u)
    return (TRAIN_STEPS * t).long().clamp(max=TRAIN_STEPS - 1)


def draw_batch(
    data: LatentData, config: DiffusionConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """x_0 [B, C, h, w], token ids [B, T] and label shares [B, 21, h, w] of a random batch.

    Text and map are each dropped now and then, so that either, both or neither can steer.
    """

    def chance() -> float:
        return float(torch.rand((), generator=generator))

    latents, tokens, maps = [], [], []
    for row in batch_rows(generator, len(data.latents), config.batch):
        mirrored = chance() < 0.5
        latents.append(data.latents[row, int(mirrored)])
        fate = chance()
        no_both = fate < config.drop_both
        no_text = no_both or config.drop_both <= fate < config.drop_both + config.drop_text
        past_text = config.drop_both + config.drop_text
        no_map = no_both or past_text <= fate < past_text + config.drop_map
        choice = int(torch.randint(data.tokens.shape[1], (), generator=generator))
        ids = data.tokens[row, choice].astype(np.int64)
        if no_text:
            ids[1:] = 0  # what the tokenizer makes of an empty text: [CLS] and padding
        tokens.append(ids)
        version = 0
        if chance() > config.exact_maps and data.maps.shape[1] > 1:
            version = int(torch.randint(1, data.maps.shape[1], (), generator=generator))
        shares = data.maps[row, version]
        if not no_text and chance() < config.uncovered:
            snow, fog, clouds = data.hidden[row, choice]
            under, behind = (
                options[int(torch.randint(len(options), (), generator=generator))]
                for options in (UNDER_SNOW, BEHIND_FOG)
            )
            shares = uncovered(
                shares, snow=snow, fog=fog, clouds=clouds, under=under, behind=behind
            )
        if no_map:
            shares = np.zeros_like(shares)
            shares[-1] = 255
        maps.append(shares[:, :, ::-1] if mirrored else shares)
    return (
        torch.from_numpy(np.stack(latents)).float().contiguous(memory_format=torch.channels_last),
        torch.from_numpy(np.stack(tokens)),
        torch.from_numpy(np.stack(maps)).float().div_(255),
    )


def _start_from(network: SteeredDenoiser, folder: Path, tokenizer: Path) -> None:
    rows = words_as_before(network.text.token_emb.weight, folder, tokenizer)
    start_from(network.text, folder / "text_encoder.safetensors", rows)
    start_from(network.unet, folder / "denoiser.safetensors")
    start_from(network.map_encoder, folder / "map_encoder.safetensors")


def _tokenizer_vocabulary(shop: Workshop) -> dict[str, int]:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(shop.model / "tokenizer.json")).get_vocab()


def _export(shop: Workshop, network: SteeredDenoiser, words: int) -> None:
    recipe = shop.recipe
    shop.save(network.unet, "denoiser")
    shop.save(network.text, "text_encoder")
    shop.save(network.map_encoder, "map_encoder")
    shop.write_config(
        format=1,
        family="landscape",
        name=recipe.name,
        licence="Apache-2.0",
        capabilities=["text", "map"],
        denoiser={
            "unet": dataclasses.asdict(network.unet.config),
            "prediction": recipe.diffusion.prediction,
            "schedule": {"kind": recipe.diffusion.schedule, "steps": TRAIN_STEPS},
        },
        text={"vocab_size": words, **recipe.diffusion.text},
        map={"labels": list(LABELS), **recipe.diffusion.map},
        defaults=dataclasses.asdict(recipe.defaults),
        size_multiple=recipe.first_stage.autoencoder.factor,
    )
