"""A Stable Diffusion 1.5 file of full size with random values, and what it must agree with."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from studio.engine.nets.autoencoder import AutoencoderConfig, first_stage_of
from studio.engine.nets.text_transformer import ClipText, ClipTextConfig
from studio.engine.nets.unet import UNet, UNetConfig
from studio.engine.skeleton import skeleton

_UNET = UNetConfig(
    in_channels=4, out_channels=4, model_channels=320, channel_mult=(1, 2, 4, 4), num_res_blocks=2,
    attention_resolutions=(1, 2, 4), num_heads=8, context_dim=768,
)  # fmt: skip
_FIRST_STAGE = AutoencoderConfig(
    z_channels=4, embed_dim=4, channels=128, channel_mult=(1, 2, 4, 4), num_res_blocks=2
)
_UNET_THERE = {
    "in_channels": 4, "out_channels": 4, "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2, "attention_head_dim": 8, "cross_attention_dim": 768,
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
}  # fmt: skip
_FIRST_STAGE_THERE = {
    "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
}  # fmt: skip
_CLIP_THERE = {
    "vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "hidden_act": "quick_gelu",
}  # fmt: skip


def write_full_size(path: Path, dtype: torch.dtype = torch.float16) -> None:
    """The tensors of SD 1.5 under the published names, of about the size that networks have."""
    with skeleton():
        networks: dict[str, nn.Module] = {
            "model.diffusion_model.": UNet(_UNET),
            "first_stage_model.": first_stage_of(_FIRST_STAGE),
            "cond_stage_model.transformer.": ClipText(ClipTextConfig()),
        }
    generator = torch.Generator().manual_seed(0)
    tensors = {
        prefix + name: _random(name, wanted, generator).to(dtype)
        for prefix, network in networks.items()
        for name, wanted in network.state_dict().items()
    }
    save_file(tensors, path)


def _random(name: str, wanted: Tensor, generator: torch.Generator) -> Tensor:
    values = torch.randn(wanted.shape, generator=generator)
    if wanted.dim() > 1:
        return values.div_(math.sqrt(wanted[0].numel()))
    return values.mul_(0.1).add_(1 if name.endswith("weight") else 0)


def reference_unet(tensors: Mapping[str, Tensor]) -> nn.Module:
    """diffusers' U-Net with the file's values in float32, its names changed by diffusers."""
    network = UNet2DConditionModel(**_UNET_THERE)
    return _filled(network, convert_ldm_unet_checkpoint(dict(tensors), dict(network.config)))


def reference_first_stage(tensors: Mapping[str, Tensor]) -> nn.Module:
    """diffusers' autoencoder, likewise."""
    network = AutoencoderKL(**_FIRST_STAGE_THERE)
    return _filled(network, convert_ldm_vae_checkpoint(dict(tensors), dict(network.config)))


def reference_text_encoder(tensors: Mapping[str, Tensor]) -> nn.Module:
    """transformers' text encoder, likewise."""
    named = convert_ldm_clip_checkpoint(dict(tensors))
    network = CLIPTextModel(CLIPTextConfig(**_CLIP_THERE))
    if not any(name.startswith("text_model.") for name in network.state_dict()):
        named = {name.removeprefix("text_model."): tensor for name, tensor in named.items()}
    return _filled(network, named)


def _filled(network: Any, tensors: Mapping[str, Tensor]) -> nn.Module:
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return network.eval().requires_grad_(False)
