"""Preview decoders: sizes, cost, and the published tiny one."""

import pytest
import torch
from diffusers import AutoencoderTiny
from torch.utils.flop_counter import FlopCounterMode

from studio.engine.nets.preview import PreviewConfig, PreviewDecoder, TinyDecoder, TinyEncoder
from tests.engine.nets.comparison import noise, relative_error, shaken


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_scales(scale: int) -> None:
    net = PreviewDecoder(PreviewConfig(z_channels=4, scale=scale))
    assert net(noise(2, 4, 5, 7)).shape == (2, 3, 5 * scale, 7 * scale)


def test_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="1, 2 or 4 pixels per latent cell, not 3"):
        PreviewConfig(z_channels=4, scale=3)


def test_a_preview_is_cheap() -> None:
    net = PreviewDecoder(PreviewConfig(z_channels=4))
    with FlopCounterMode(display=False) as counter:
        net(noise(1, 4, 32, 32))
    assert 0 < counter.get_total_flops() < 10e6


def test_a_preview_can_learn() -> None:
    net = PreviewDecoder(PreviewConfig(z_channels=4, scale=2))
    x = noise(1, 3, 16, 16).clamp(-1, 1)
    (net(noise(1, 4, 8, 8)) - x).abs().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in net.parameters())


@torch.no_grad()
def test_tiny_agrees_with_diffusers() -> None:
    theirs = AutoencoderTiny().eval()
    decoder, encoder = shaken(TinyDecoder()), shaken(TinyEncoder())
    theirs.decoder.layers.load_state_dict(
        {
            f"{int(number) - 1}.{rest}": tensor  # there the clamp has no number
            for name, tensor in decoder.state_dict().items()
            for number, rest in [name.split(".", 1)]
        }
    )
    theirs.encoder.layers.load_state_dict(encoder.state_dict())
    z, x = 2 * noise(1, 4, 3, 4), noise(1, 3, 16, 24).clamp(-1, 1)
    assert relative_error(decoder(z), theirs.decode(z).sample) < 1e-4
    assert relative_error(encoder(x), theirs.encode(x).latents) < 1e-4
