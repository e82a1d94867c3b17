"""The published tiny decoder, found, read in both layouts, and used."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

import studio
from studio.contract.events import Stepped
from studio.contract.request import GenerateRequest
from studio.engine.device import choose
from studio.engine.families.tiny_preview import averaged, load_tiny_decoder, tiny_decoder_file
from studio.engine.parts import Parts
from tests.engine.nets.comparison import noise, relative_error, shaken


@pytest.fixture(scope="module")
def theirs() -> AutoencoderTiny:
    return shaken(AutoencoderTiny(), seed=3)


def write_published(theirs: AutoencoderTiny, path: Path) -> None:
    """As taesd_decoder.safetensors has it: the clamp is layer 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, tensor in theirs.decoder.layers.state_dict().items():
        number, rest = name.split(".", 1)
        tensors[f"{int(number) + 1}.{rest}"] = tensor
    save_file(tensors, path) if path.suffix == ".safetensors" else torch.save(tensors, path)


@torch.no_grad()
@pytest.mark.parametrize(
    "name", ["models/vae_approx/taesd_decoder.safetensors", "models/checkpoints/taesd_decoder.pth",
             "models/VAE-approx/taesd/diffusion_pytorch_model.safetensors"],
)  # fmt: skip
def test_it_agrees_with_diffusers(name: str, theirs: AutoencoderTiny, tmp_path: Path) -> None:
    if "diffusion_pytorch" in name:
        theirs.save_pretrained((tmp_path / name).parent)
    else:
        write_published(theirs, tmp_path / name)
    parts = Parts((tmp_path / "models" / "checkpoints" / "sd.safetensors",))
    assert tiny_decoder_file(parts) == tmp_path / name
    ours = load_tiny_decoder(parts, choose("cpu"))
    z = 2 * noise(1, 4, 3, 4)
    assert relative_error(ours(z), theirs.decode(z).sample) < 1e-4


def test_other_decoders_are_left_alone(theirs: AutoencoderTiny, tmp_path: Path) -> None:
    parts = Parts((tmp_path / "m.ckpt",))
    write_published(theirs, tmp_path / "vae_approx" / "taesdxl_decoder.safetensors")
    assert tiny_decoder_file(parts) is None
    save_file({"1.weight": noise(3)}, tmp_path / "vae_approx" / "taesd_decoder.safetensors")
    assert load_tiny_decoder(parts, choose("cpu")) is None


def test_large_latents_are_averaged() -> None:
    x = noise(2, 4, 64, 96)
    small = averaged(x, 1024)
    assert small.shape == (2, 4, 21, 32)
    assert torch.allclose(averaged(x, 24 * 64), torch.nn.functional.avg_pool2d(x, 2)) is True
    assert averaged(x, 64 * 96) is not None
    assert torch.equal(averaged(x, 64 * 96), x)


def test_stable_diffusion_shows_its_steps_with_it(
    stable: tuple[Path, Any], theirs: AutoencoderTiny, tmp_path: Path
) -> None:
    path = shutil.copytree(stable[0], tmp_path / "sd")
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=2, seed=5)

    def steps() -> list[Stepped]:
        events = studio.generate(request, studio.ModelLibrary(device="cpu"))
        return [event for event in events if isinstance(event, Stepped)]

    assert steps()[0].clean.shape == (8, 8, 3)
    write_published(theirs, tmp_path / "taesd_decoder.safetensors")
    shown = steps()[0]
    assert shown.noisy.shape == shown.clean.shape == (64, 64, 3)
    with torch.no_grad():
        expected = theirs.decode(torch.from_numpy(shown.x_0.copy())[None]).sample[0]
    expected = ((expected + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0).numpy()
    assert np.abs(shown.clean - expected).max() <= 1
