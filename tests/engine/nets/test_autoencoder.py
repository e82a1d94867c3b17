"""First stages: the same pictures and latents as diffusers', and our own options."""

import math
import re
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, VQModel
from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint
from torch import nn

from studio.engine.nets.autoencoder import (
    AutoencoderConfig,
    DiagonalGaussian,
    KLAutoencoder,
    VQAutoencoder,
)
from tests.engine.nets.comparison import noise, relative_error, shaken

KL = AutoencoderConfig(
    z_channels=4, embed_dim=4, channels=32, channel_mult=(1, 2, 2), num_res_blocks=2
)
VQ = replace(KL, z_channels=3, embed_dim=3, double_z=False, n_embed=64)


def theirs_from_ours(net: nn.Module, theirs: nn.Module) -> nn.Module:
    """diffusers' network filled by diffusers' own reading of the published layout."""
    prefixed = {f"first_stage_model.{name}": t for name, t in net.state_dict().items()}
    read = convert_ldm_vae_checkpoint(prefixed, theirs.config)
    levels = len(theirs.config.down_block_types)
    state = {}
    for name, tensor in read.items():  # the converter leaves the attention of the levels alone
        name = re.sub(r"down\.(\d)\.attn", r"down_blocks.\1.attentions", name)
        name = re.sub(
            r"up\.(\d)\.attn", lambda m: f"up_blocks.{levels - 1 - int(m[1])}.attentions", name
        )
        if "_blocks" in name and "attentions" in name:
            name = re.sub(r"\.([qkv])\.", r".to_\1.", name)
            name = name.replace(".norm.", ".group_norm.").replace("proj_out", "to_out.0")
            tensor = tensor.flatten(1) if tensor.dim() == 4 else tensor
        state[name] = tensor
    if isinstance(theirs, VQModel):
        state["quantize.embedding.weight"] = net.state_dict()["quantize.embedding.weight"]
    theirs.load_state_dict(state)
    return theirs.eval()


def kwargs(config: AutoencoderConfig) -> dict[str, Any]:
    levels = range(len(config.channel_mult))
    down = ["AttnDownEncoderBlock2D" if config.attends(n) else "DownEncoderBlock2D" for n in levels]
    up = ["AttnUpDecoderBlock2D" if config.attends(n) else "UpDecoderBlock2D" for n in levels]
    return {
        "block_out_channels": [mult * config.channels for mult in config.channel_mult],
        "layers_per_block": config.num_res_blocks,
        "down_block_types": down,
        "up_block_types": up[::-1],
        "latent_channels": config.z_channels,
        "mid_block_add_attention": config.attention == "vanilla",
    }


@torch.no_grad()
def test_kl_agrees_with_diffusers() -> None:
    net = shaken(KLAutoencoder(KL))
    theirs = theirs_from_ours(net, AutoencoderKL(**kwargs(KL)))
    x, z = noise(2, 3, 16, 24), noise(2, 4, 4, 6, seed=2)
    ours, expected = net.encode(x), theirs.encode(x).latent_dist
    assert relative_error(ours.mode(), expected.mode()) < 1e-4
    assert relative_error(ours.logvar, expected.logvar) < 1e-4
    assert relative_error(ours.kl(), expected.kl()) < 1e-4
    assert relative_error(net.decode(z), theirs.decode(z).sample) < 1e-4


@pytest.mark.parametrize(
    "change",
    [{}, {"attention": "none"}, {"attn_resolutions": (128,)}],
    ids=["middle", "none", "levels"],
)
@torch.no_grad()
def test_vq_agrees_with_diffusers(change: dict[str, Any]) -> None:
    config = replace(VQ, **change)
    net = shaken(VQAutoencoder(config))
    theirs = VQModel(num_vq_embeddings=64, **kwargs(config))
    theirs_from_ours(net, theirs)
    x, z = noise(2, 3, 16, 24), noise(2, 3, 4, 6, seed=2)
    assert relative_error(net.encode(x), theirs.encode(x).latents) < 1e-4
    assert relative_error(net.decode(z), theirs.decode(z).sample) < 1e-4
    unquantised = theirs.decode(z, force_not_quantize=True).sample
    assert relative_error(net.decode(z, quantise=False), unquantised) < 1e-4
    _, loss, (_, _, indices) = theirs.quantize(z)
    assert torch.equal(net.quantise(z).indices.flatten(), indices)
    assert net.quantise(z).loss.item() == pytest.approx(loss.item(), rel=1e-5)


@pytest.mark.parametrize("patch", [1, 2, 4, 8])
@pytest.mark.parametrize("levels", [1, 3])
@torch.no_grad()
def test_any_power_of_two(patch: int, levels: int) -> None:
    config = replace(
        KL, channel_mult=(1,) * levels, num_res_blocks=1, patch=patch, decoder_res_blocks=1
    )
    net = shaken(KLAutoencoder(config))
    f = patch * 2 ** (levels - 1)
    assert config.factor == f
    assert net.encode(noise(1, 3, 2 * f, 3 * f)).mean.shape == (1, 4, 2, 3)
    assert net.decode(noise(1, 4, 2, 3)).shape == (1, 3, 2 * f, 3 * f)


def test_patches_fold_pixels_into_channels() -> None:
    net = KLAutoencoder(replace(KL, patch=4, decoder_res_blocks=2))
    assert net.encoder.conv_in.weight.shape == (32, 3 * 16, 3, 3)
    assert net.decoder.conv_out.weight.shape == (3 * 16, 32, 3, 3)
    assert [len(level.block) for level in net.encoder.down] == [2, 2, 2]
    assert [len(level.block) for level in net.decoder.up] == [2, 2, 2]


@torch.no_grad()
def test_patches_keep_their_place() -> None:
    """A decoder whose last layer is a constant per channel paints the same patch everywhere."""
    net = KLAutoencoder(replace(KL, channel_mult=(1,), patch=2))
    net.decoder.conv_out.weight.zero_()
    net.decoder.conv_out.bias.copy_(torch.arange(12.0))
    x = net.decode(noise(1, 4, 2, 2))
    assert x[0, 1].tolist() == [[4, 5, 4, 5], [6, 7, 6, 7]] * 2


def test_sampling_a_posterior() -> None:
    mean, logvar = noise(2, 4, 3, 3), noise(2, 4, 3, 3, seed=2)
    posterior = DiagonalGaussian(mean, logvar)
    drawn = [posterior.sample(torch.Generator().manual_seed(7)) for _ in range(2)]
    assert torch.equal(drawn[0], drawn[1])
    given = posterior.sample(noise=torch.ones_like(mean))
    assert torch.allclose(given, mean + (logvar / 2).exp())
    assert torch.equal(posterior.mode(), mean)
    standard = DiagonalGaussian(torch.zeros(2, 1, 2, 2), torch.zeros(2, 1, 2, 2))
    assert standard.kl().tolist() == [0, 0]
    shifted = DiagonalGaussian(torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), math.log(2)))
    assert shifted.kl().item() == pytest.approx(4 * 0.5 * (1 + 2 - 1 - math.log(2)))


@torch.no_grad()
def test_log_variance_is_bounded() -> None:
    net = shaken(KLAutoencoder(KL))
    net.quant_conv.bias.copy_(torch.tensor([0, 0, 0, 0, -1e3, 1e3, 0, 0]))
    logvar = net.encode(noise(1, 3, 8, 8)).logvar
    assert (logvar.amin().item(), logvar.amax().item()) == (-30, 20)


@pytest.mark.parametrize("kind", [KLAutoencoder, VQAutoencoder])
def test_gradients_reach_every_parameter(kind: type[KLAutoencoder] | type[VQAutoencoder]) -> None:
    net = shaken(kind(KL if kind is KLAutoencoder else VQ)).requires_grad_(True)
    x = noise(1, 3, 16, 16)
    reconstruction, more = net(x)
    assert reconstruction.shape == x.shape
    extra = more.kl().mean() if isinstance(more, DiagonalGaussian) else more.loss
    ((reconstruction - x).square().mean() + extra).backward()
    idle = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    # a bias shared by all keys moves every logit of a row alike, which softmax ignores
    assert [n for n in idle if not n.endswith("attn_1.k.bias")] == []


def test_a_config_survives_a_file() -> None:
    listed = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(VQ).items()}
    assert AutoencoderConfig(**listed) == VQ


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"attention": "linear"}, "'vanilla' or 'none', not 'linear'"),
        ({"channel_mult": ()}, "at least one level"),
        ({"channels": 48}, "48 channels do not divide into 32 norm groups"),
        ({"patch": 0}, "patch must be at least 1"),
    ],
)
def test_numbers_that_do_not_fit_together(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(KL, **change)


def test_kinds_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="needs double_z"):
        KLAutoencoder(VQ)
    with pytest.raises(ValueError, match="needs n_embed"):
        VQAutoencoder(KL)


def test_a_picture_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"18x16 does not fit .* multiples of 4"):
        KLAutoencoder(KL).encode(noise(1, 3, 16, 18))
