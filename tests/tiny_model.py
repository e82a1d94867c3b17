"""A landscape model folder with random weights, small enough for tests."""

import json
from pathlib import Path

import torch

from studio.contract.materials import MATERIALS
from studio.engine.conditioning.text import build_tokenizer
from studio.engine.model_config import ModelConfig
from studio.engine.nets.autoencoder import first_stage_of
from studio.engine.nets.layout import LayoutTransformer
from studio.engine.nets.preview import PreviewDecoder
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.nets.text_transformer import TextTransformer
from studio.engine.nets.unet import UNet
from studio.engine.weights import save_module

SENTENCE = "a mountain lake at sunset noon winter summer with trees snow fog sky núi hồ"
WORDS = tuple(SENTENCE.split())

CONFIG = {
    "format": 1,
    "family": "landscape",
    "name": "Tiny",
    "licence": "Apache-2.0",
    "capabilities": ["text", "map"],
    "denoiser": {
        "unet": {
            "in_channels": 8,
            "out_channels": 4,
            "model_channels": 16,
            "channel_mult": [1, 2],
            "num_res_blocks": 1,
            "attention_resolutions": [2],
            "num_head_channels": 16,
            "context_dim": 16,
            "norm_groups": 8,
        },
        "prediction": "v",
        "schedule": {"kind": "cosine", "steps": 1000},
    },
    "first_stage": {
        "autoencoder": {
            "z_channels": 4,
            "embed_dim": 4,
            "channels": 8,
            "channel_mult": [1, 1, 1],
            "num_res_blocks": 1,
            "patch": 2,
            "attention": "none",
            "norm_groups": 4,
        },
        "latent_mean": [0.1, -0.2, 0.0, 0.3],
        "latent_std": [0.9, 1.1, 1.0, 0.5],
    },
    "text": {
        "vocab_size": len(WORDS) + 3,
        "width": 16,
        "depth": 1,
        "heads": 2,
        "dim_head": 8,
        "max_length": 12,
    },
    "map": {"labels": [material.id for material in MATERIALS], "channels": 4, "stages": 3},
    "preview": {"z_channels": 4, "width": 8, "scale": 2},
    "defaults": {"steps": 4, "guidance": 2.0, "sampler": "dpmpp_2m", "spacing": "trailing"},
    "size_multiple": 8,
}

WITH_LAYOUT = CONFIG | {
    "layout": {
        "network": {
            "labels": len(MATERIALS),
            "context_dim": 16,
            "side": 8,
            "patch": 2,
            "width": 16,
            "depth": 1,
            "heads": 2,
            "hidden": 32,
        },
        "prediction": "v",
        "schedule": {"kind": "cosine", "steps": 1000},
        "steps": 3,
        "guidance": 2.0,
    }
}
"""The same with a network that draws a map from words."""


def write_tiny_model(folder: Path, config: dict | None = None, seed: int = 0) -> Path:
    """Make ``folder`` a model folder after ``config`` (CONFIG by default); returns it.

    The weights are random (also where training would begin with zeros), so every condition has an
    effect; pictures are coloured noise.
    """
    data = CONFIG if config is None else config
    parsed = ModelConfig.from_dict(data)
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    networks = {
        "denoiser": UNet(parsed.denoiser.unet),
        "first_stage": first_stage_of(parsed.first_stage.autoencoder),
        "preview": PreviewDecoder(parsed.preview),
    }
    if parsed.text:
        networks["text_encoder"] = TextTransformer(parsed.text)
        tokenizer = build_tokenizer(WORDS, parsed.text.max_length)
        tokenizer.save(str(folder / "tokenizer.json"))
    if parsed.map:
        networks["map_encoder"] = SpatialRescaler(
            parsed.map.stages, len(parsed.map.labels) + 1, parsed.map.channels
        )
    if parsed.layout:
        networks["layout"] = LayoutTransformer(parsed.layout.network)
    for name, network in networks.items():
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.ndim > 1:
                    fan_in = parameter[0].numel()
                    parameter.normal_(0, fan_in**-0.5, generator=generator)
        save_module(network, folder / f"{name}.safetensors")
    (folder / "config.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "README.md").write_text("# Tiny\n", encoding="utf-8")
    return folder
