"""Training of the layout network: what lies where in a picture of which only words are known."""

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from studio.engine.configuration import build
from studio.engine.denoiser import target
from studio.engine.layout import to_layout
from studio.engine.nets.layout import LayoutConfig, LayoutTransformer
from studio.engine.nets.text_transformer import TextTransformer, TextTransformerConfig
from studio.engine.schedules import SCHEDULES
from studio.engine.weights import load_module
from studio.training.data import LABELS
from studio.training.ema import Ema
from studio.training.latents import LatentData
from studio.training.stages import Workshop, batch_rows, mixed_precision, warm_cosine
from studio.training.train_diffusion import TRAIN_STEPS, draw_times
from studio.training.warm_start import start_from


def train_layout(shop: Workshop) -> None:
    """Minimise the squared error of the prediction over t, as for the denoiser, on the shares of
    labels in coarse cells; writes the EMA's weights. The text encoder is the denoiser's, as it is.
    """
    config, data = shop.recipe.layout, LatentData.read(shop.stage("latents"))
    torch.manual_seed(shop.recipe.seed)
    layout = LayoutConfig(
        labels=len(LABELS), context_dim=shop.recipe.diffusion.text["width"], **config.network
    )
    network = LayoutTransformer(layout)
    if shop.start and not shop.resume:
        start_from(network, shop.start / "layout.safetensors")
    network = network.to(shop.device)
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    ema = Ema(network, config.ema_decay)
    run = shop.run("layout", {"network": network, "optimiser": optimiser, "ema": ema})
    layouts = coarse_layouts(data, layout.side)
    contexts, empty = spoken(shop, data)
    schedule = SCHEDULES[config.schedule](TRAIN_STEPS)
    generator = torch.Generator().manual_seed(shop.recipe.seed + run.step)
    started = run.seconds
    autocast = mixed_precision(shop.device)
    for step in run:
        factor = warm_cosine(step, run.seconds - started, shop.minutes, config.warm_up)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * factor
        rows = torch.from_numpy(batch_rows(generator, len(layouts), config.batch))
        x_0 = _mirrored(to_layout(layouts[rows].float() / 255), generator)
        context = _told(contexts[rows], empty, config.drop_text, generator)
        t = draw_times(torch.full((len(rows),), config.time_shift), generator)
        eps = torch.randn(x_0.shape, generator=generator)
        x_t = schedule.q_sample(x_0, t, eps)
        wanted = target(config.prediction, schedule, x_0, eps, t)
        with autocast:
            predicted = network(
                x_t.to(shop.device), t.float().to(shop.device), context.to(shop.device)
            )
        loss = (predicted.float() - wanted.to(shop.device)).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        ema.update()
        run.log(loss=loss, gradient_norm=norm)
    network.load_state_dict(ema.weights)
    shop.save(network.eval(), "layout")
    shop.write_config(
        layout={
            "network": dataclasses.asdict(layout),
            "prediction": config.prediction,
            "schedule": {"kind": config.schedule, "steps": TRAIN_STEPS},
            "steps": config.steps,
            "guidance": config.guidance,
        }
    )


def _mirrored(x_0: Tensor, generator: torch.Generator) -> Tensor:
    """Layouts [B, labels, h, w], about half of them turned left to right."""
    turned = torch.rand(len(x_0), generator=generator) < 0.5
    return torch.where(turned[:, None, None, None], x_0.flip(-1), x_0)


def _told(contexts: Tensor, empty: Tensor, drop: float, generator: torch.Generator) -> Tensor:
    """One caption's states [B, T, D] of each row's [B, captions, T, D], a share ``drop`` of them
    those of no text, [T, D].
    """
    count = len(contexts)
    choice = torch.randint(contexts.shape[1], (count,), generator=generator)
    silent = torch.rand(count, generator=generator) < drop
    return torch.where(silent[:, None, None], empty, contexts[torch.arange(count), choice])


def coarse_layouts(data: LatentData, side: int) -> Tensor:
    """uint8 [N, labels, side, side]: the exact maps' shares of every label, as 0..255."""
    parts = [
        F.adaptive_avg_pool2d(torch.from_numpy(chunk[:, 0, :-1].astype(np.float32)), side)
        for chunk in np.array_split(data.maps, max(1, len(data.maps) // 256))
    ]
    return torch.cat([part.round().byte() for part in parts])


@torch.inference_mode()
def spoken(shop: Workshop, data: LatentData) -> tuple[Tensor, Tensor]:
    """float16 [N, captions, T, D], what the trained text encoder makes of every caption, and
    float32 [T, D], what it makes of no text.
    """
    words = build(TextTransformerConfig, shop.read_config()["text"], "text")
    encoder = TextTransformer(words)
    load_module(encoder, shop.model / "text_encoder.safetensors", dtype=torch.float32)
    encoder.eval().to(shop.device)
    empty = np.zeros((1, data.tokens.shape[2]), np.int64)
    empty[0, 0] = data.tokens[0, 0, 0]
    chunks = np.array_split(data.tokens, max(1, len(data.tokens) // 32))
    states = [
        encoder(torch.from_numpy(chunk.astype(np.int64)).flatten(0, 1).to(shop.device)).half().cpu()
        for chunk in tqdm(chunks, desc="captions", leave=False)
    ]
    contexts = torch.cat(states).unflatten(0, data.tokens.shape[:2])
    return contexts, encoder(torch.from_numpy(empty).to(shop.device))[0].float().cpu()
