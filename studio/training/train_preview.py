"""Training of the preview decoder: latents to a small picture in a few megaflops."""

import dataclasses

import torch
import torch.nn.functional as F

from studio.engine.nets.preview import PreviewConfig, PreviewDecoder
from studio.training.data import as_images
from studio.training.latents import LatentData
from studio.training.stages import Workshop, batch_rows, warm_cosine


def train_preview(shop: Workshop) -> None:
    """Regress shrunken pictures from (slightly noised) latents; writes preview weights."""
    config, data = shop.recipe.preview, shop.data()
    latents = LatentData.read(shop.stage("latents")).latents
    torch.manual_seed(shop.recipe.seed)
    layout = PreviewConfig(z_channels=latents.shape[2], scale=config.scale)
    network = PreviewDecoder(layout).to(shop.device)
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate)
    run = shop.run("preview", {"network": network, "optimiser": optimiser})
    generator = torch.Generator().manual_seed(shop.recipe.seed + run.step)
    started = run.seconds
    for step in run:
        factor = warm_cosine(step, run.seconds - started, shop.minutes, 50)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * factor
        picks = batch_rows(generator, len(data), config.batch)
        z = torch.from_numpy(latents[picks, 0]).float().to(shop.device)
        images = as_images(data.pictures[data.rows[picks]], shop.device)
        # predicted x_0 of early steps is blurred, never exact: noise teaches calm colours
        made = network(z + 0.1 * torch.randn(z.shape, generator=generator).to(shop.device))
        small = F.interpolate(images, size=made.shape[-2:], mode="area")
        loss = (made - small).abs().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        run.log(pixel=loss)
    shop.save(network.eval(), "preview")
    shop.write_config(preview=dataclasses.asdict(layout))
