"""``latent-studio models check``: what it says of a file, and its status."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.cli import main
from studio.engine.nets.autoencoder import AutoencoderConfig, first_stage_of
from studio.engine.nets.unet import UNet, UNetConfig
from tests.engine.checkpoints.published_yaml import write_yaml
from tests.foreign_upscalers import basicsr_names, compact, real_esrgan, write_pth


def write_model(path: Path, *, made: bool = False) -> Path:
    """A small unconditional model, with its configuration beside it; ``made``: its folder, too."""
    if made:
        path.parent.mkdir()
    config = UNetConfig(in_channels=4, out_channels=4, model_channels=32, channel_mult=(1, 2),
                        num_res_blocks=1, attention_resolutions=(2,), num_heads=4)  # fmt: skip
    first = AutoencoderConfig(z_channels=4, embed_dim=4, channels=32, channel_mult=(1, 1, 1, 1),
                              num_res_blocks=1)  # fmt: skip
    tensors = {f"model.diffusion_model.{n}": t for n, t in UNet(config).state_dict().items()}
    state = first_stage_of(first).state_dict()
    tensors |= {f"first_stage_model.{n}": t for n, t in state.items()}
    tensors |= {"betas": torch.zeros(1000), "strange": torch.zeros(2)}
    save_file({name: tensor.half().contiguous() for name, tensor in tensors.items()}, path)
    write_yaml(path.with_suffix(".yaml"), unet={"model_channels": 32, "num_heads": 4})
    return path


def check(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main(["models", "check", str(path)])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_usable_model_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = check(write_model(tmp_path / "small.safetensors"), capsys)
    assert (status, err) == (0, "")
    lines = dict(line.split(":", 1) for line in out.splitlines())
    told = {key: value.strip() for key, value in lines.items()}
    assert told["model"] == "small"
    assert told["family"] == "unconditional"
    assert told["size"].endswith("MiB of float16")
    assert told["latent"] == "4 channels, 1/8 of a side"
    assert told["parameterisation"] == "eps"
    assert told["schedule"] == "scaled_linear, 1000 steps, beta 0.00085 to 0.012"
    assert told["missing"] == "none"
    assert told["unexpected"] == "1 tensor: strange"
    assert told["not needed"] == "1 tensor"


def test_missing_tensors_are_named_and_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_model(tmp_path / "small.safetensors")
    tensors = load_file(path)
    del tensors["model.diffusion_model.time_embed.0.bias"]
    save_file(tensors, path)
    status, out, err = check(path, capsys)
    assert status == 2
    assert "1 tensor: time_embed.0.bias" in out
    assert err.startswith("latent-studio: small.safetensors lacks time_embed.0.bias of its U-Net")
    assert len(err.splitlines()) == 1


def test_damaged_values_and_other_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_model(tmp_path / "small.safetensors")
    tensors = load_file(path)
    tensors["first_stage_model.decoder.conv_in.weight"][0] = torch.nan
    save_file(tensors, path)
    status, _, err = check(path, capsys)
    assert status == 2
    assert "decoder.conv_in.weight holds values that are not finite" in err
    for content in (b"", b"<html>", b"\x80\x04cos\nsystem\n."):
        (tmp_path / "x.ckpt").write_bytes(content)
        status, out, err = check(tmp_path / "x.ckpt", capsys)
        assert (status, out) == (2, "")
        assert len(err.splitlines()) == 1
    status, _, err = check(tmp_path / "nowhere.ckpt", capsys)
    assert status == 2
    assert "There is no file nowhere.ckpt" in err


def test_parts_and_upscalers_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pth(tmp_path / "4x.pth", basicsr_names(real_esrgan()))
    status, out, err = check(path, capsys)
    assert (status, err) == (0, "")
    assert "upscaler:         ESRGAN, 4×" in out
    assert f"upscale --model {path}" in out
    assert "MiB of float32" in out
    save_file({"lora_unet_x.lora_down.weight": torch.zeros(2)}, tmp_path / "style.safetensors")
    status, out, err = check(tmp_path / "style.safetensors", capsys)
    assert (status, err) == (0, "")
    assert "part of a model:  LoRA" in out
    status, out, err = check(write_pth(tmp_path / "1x.pth", compact(1).state_dict()), capsys)
    assert (status, out) == (2, "")
    assert "makes no picture larger" in err
