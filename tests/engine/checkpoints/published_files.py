"""Published models at small widths, as the reference implementations make and save them."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    LDMTextToImagePipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UNet2DModel,
    VQModel,
)
from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import (
    LDMBertConfig,
    LDMBertModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

from tests.engine.checkpoints.published_yaml import write_yaml
from tests.engine.nets.comparison import shaken

__all__ = ["write_yaml"]

WORDS = ["lake", "moun", "tain", "snow", "at", "sunset", "a", "##tain"]
BETAS = {"beta_start": 0.00085, "beta_end": 0.012}


def scheduler(prediction: str = "epsilon", **more: Any) -> DDIMScheduler:
    return DDIMScheduler(
        **{**BETAS, **more},
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type=prediction,
    )


def vae(kind: type = AutoencoderKL, **more: Any) -> Any:
    levels = more.pop("levels", 4)
    widths = (32, 32, 64, 64)[:levels]
    return shaken(
        kind(
            block_out_channels=widths,
            layers_per_block=2,
            down_block_types=["DownEncoderBlock2D"] * levels,
            up_block_types=["UpDecoderBlock2D"] * levels,
            **{"latent_channels": 4, **more},
        ),
        seed=3,
    )


def conditional_unet(context: int, **more: Any) -> UNet2DConditionModel:
    made = UNet2DConditionModel(
        **{
            "in_channels": 4,
            "out_channels": 4,
            "block_out_channels": (32, 64),
            "layers_per_block": 2,
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
            "attention_head_dim": 4,
            "cross_attention_dim": context,
            "sample_size": 64,
            **more,
        }
    )
    return shaken(made, seed=2)


def plain_unet(**more: Any) -> UNet2DModel:
    made = UNet2DModel(
        **{
            "in_channels": 4,
            "out_channels": 4,
            "block_out_channels": (32, 64),
            "layers_per_block": 2,
            "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
            "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": 16,
            "attn_norm_num_groups": 32,
            **more,
        }
    )
    return shaken(made, seed=2)


def clip(width: int = 64, activation: str = "quick_gelu", layers: int = 2) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=600,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        max_position_embeddings=77,
        hidden_act=activation,
        bos_token_id=598,
        eos_token_id=599,
        pad_token_id=599,
    )
    return shaken(CLIPTextModel(config), seed=4)


def bert(width: int = 48) -> LDMBertModel:
    config = LDMBertConfig(
        vocab_size=40,
        max_position_embeddings=77,
        encoder_layers=2,
        encoder_ffn_dim=4 * width,
        encoder_attention_heads=8,
        head_dim=64,
        d_model=width,
    )
    return shaken(LDMBertModel(config), seed=4)


def write_clip_words(folder: Path) -> None:
    """vocab.json and merges.txt of 600 tokens in CLIP's order."""
    folder.mkdir(parents=True, exist_ok=True)
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    signs = [*map(chr, own), *(chr(256 + number) for number in range(256 - len(own)))]
    merges = [("l", "a"), ("la", "k"), ("lak", "e</w>"), ("s", "n"), ("sn", "o"), ("sno", "w</w>"),
              ("m", "o"), ("mo", "u"), ("mou", "n")]  # fmt: skip
    tokens = [*signs, *(f"{sign}</w>" for sign in signs), *(a + b for a, b in merges)]
    tokens += [f"spare{number}" for number in range(598 - len(tokens))]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges)]
    (folder / "merges.txt").write_text("\n".join(lines), encoding="utf-8")


def write_bert_words(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, ","]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")


def stable_diffusion(tokenizer: Any, **more: Any) -> StableDiffusionPipeline:
    unet = more.pop("unet", None) or conditional_unet(64)
    return StableDiffusionPipeline(
        vae=vae(),
        text_encoder=more.pop("text_encoder", None) or clip(),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler(**more),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def text_to_image(tokenizer: Any) -> LDMTextToImagePipeline:
    return LDMTextToImagePipeline(
        vqvae=vae(), bert=bert(), tokenizer=tokenizer, unet=conditional_unet(48),
        scheduler=scheduler(),
    )  # fmt: skip


def vq(levels: int = 3, **more: Any) -> VQModel:
    return vae(VQModel, levels=levels, latent_channels=3, num_vq_embeddings=64, **more)


def schedule_buffers() -> dict[str, torch.Tensor]:
    names = ("betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
             "posterior_variance", "posterior_mean_coef1", "logvar")  # fmt: skip
    return {name: torch.zeros(1000) for name in names}
