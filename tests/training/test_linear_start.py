"""The linear start of the first stage."""

import numpy as np
import pytest
import torch

from studio.engine.nets.autoencoder import AutoencoderConfig, KLAutoencoder
from studio.training.data import as_images
from studio.training.linear_start import principal_components, start_linear


def first_stage(z_channels: int, **more: bool) -> KLAutoencoder:
    return KLAutoencoder(
        AutoencoderConfig(
            z_channels=z_channels,
            embed_dim=z_channels,
            channels=8,
            channel_mult=(1, 2),
            num_res_blocks=1,
            attention="none",
            norm_groups=8,
            patch=2,
            **more,
        )
    )


def pictures() -> np.ndarray:
    rng = np.random.default_rng(0)
    smooth = rng.uniform(0, 255, (8, 8, 8, 3)).repeat(4, 1).repeat(4, 2)
    return (smooth + rng.normal(0, 6, smooth.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("linear", [False, True])
@torch.no_grad()
def test_all_components_reconstruct_exactly_and_few_optimally(linear: bool) -> None:
    data = pictures()
    images = as_images(data, torch.device("cpu"))
    exact = first_stage(48, shortcut=True, linear_encoder=linear)  # 4 x 4 pixels of three channels
    start_linear(exact, data)
    assert torch.allclose(exact.decode(exact.encode(images).mode()), images, atol=1e-3)
    few = first_stage(3, shortcut=True, linear_encoder=linear)
    start_linear(few, data)
    error = (few.decode(few.encode(images).mode()) - images).square().mean().item()
    _, _, deviations = principal_components(images, 4, 48)
    lost = deviations[3:].square().sum().item() / 48  # what the left-out components hold
    assert error == pytest.approx(lost, rel=1e-3)


@torch.no_grad()
def test_variances_of_the_latents_are_the_components_deviations() -> None:
    data = pictures()
    images = as_images(data, torch.device("cpu"))
    network = first_stage(4, shortcut=True)
    start_linear(network, data)
    z = network.encode(images).mode().transpose(0, 1).flatten(1)
    _, _, deviations = principal_components(images, 4, 4)
    assert torch.allclose(z.mean(1), torch.zeros(4), atol=1e-2)
    assert torch.allclose(z.var(1, correction=0), deviations, rtol=1e-2)


def test_a_first_stage_without_a_shortcut_is_refused() -> None:
    with pytest.raises(ValueError, match="shortcut"):
        start_linear(first_stage(4), pictures())
