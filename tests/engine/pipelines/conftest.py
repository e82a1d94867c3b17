"""Pipelines of diffusers' so small that they paint in a moment, with random weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from studio.engine import device
from tests.engine.checkpoints import published_files as published
from tests.engine.nets.comparison import shaken


@pytest.fixture(autouse=True)
def _in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "bf16_pays", lambda: False)


def text_encoder(kind: Any, seed: int) -> Any:
    config = CLIPTextConfig(
        vocab_size=600, hidden_size=32, intermediate_size=64, num_hidden_layers=3,
        num_attention_heads=2, max_position_embeddings=77, projection_dim=32, bos_token_id=598,
        eos_token_id=599, pad_token_id=599,
    )  # fmt: skip
    return shaken(kind(config), seed=seed)


def autoencoder(latent: int) -> AutoencoderKL:
    return shaken(
        AutoencoderKL(
            block_out_channels=(32, 64), layers_per_block=1, latent_channels=latent,
            down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
            scaling_factor=0.3, shift_factor=0.1 if latent > 4 else None,
            use_quant_conv=latent == 4, use_post_quant_conv=latent == 4,
        ),
        seed=3,
    )  # fmt: skip


@pytest.fixture(scope="package")
def words(tmp_path_factory: pytest.TempPathFactory) -> CLIPTokenizer:
    folder = tmp_path_factory.mktemp("words")
    published.write_clip_words(folder)
    files = (str(folder / "vocab.json"), str(folder / "merges.txt"))
    return CLIPTokenizer(*files, model_max_length=77)


@pytest.fixture(scope="package")
def xl(tmp_path_factory: pytest.TempPathFactory, words: CLIPTokenizer) -> tuple[Path, Any]:
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        in_channels=4, out_channels=4, block_out_channels=(32, 64), layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=(2, 4),
        cross_attention_dim=64, use_linear_projection=True, addition_embed_type="text_time",
        addition_time_embed_dim=8, projection_class_embeddings_input_dim=6 * 8 + 32,
        transformer_layers_per_block=(1, 1),
    )  # fmt: skip
    pipeline = StableDiffusionXLPipeline(
        vae=autoencoder(4), unet=shaken(unet, seed=2), scheduler=EulerDiscreteScheduler(),
        text_encoder=text_encoder(CLIPTextModel, 4), tokenizer=words,
        text_encoder_2=text_encoder(CLIPTextModelWithProjection, 5), tokenizer_2=words,
        add_watermarker=False,
    )  # fmt: skip
    return saved(pipeline, tmp_path_factory.mktemp("xl") / "tiny-xl")


@pytest.fixture(scope="package")
def sd3(tmp_path_factory: pytest.TempPathFactory, words: CLIPTokenizer) -> tuple[Path, Any]:
    torch.manual_seed(0)
    transformer = SD3Transformer2DModel(
        sample_size=32, patch_size=1, in_channels=16, num_layers=1, attention_head_dim=8,
        num_attention_heads=4, joint_attention_dim=64, caption_projection_dim=32,
        pooled_projection_dim=64, out_channels=16,
    )  # fmt: skip
    pipeline = StableDiffusion3Pipeline(
        transformer=shaken(transformer, seed=2), scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(16), tokenizer=words, tokenizer_2=words, tokenizer_3=None,
        text_encoder=text_encoder(CLIPTextModelWithProjection, 4),
        text_encoder_2=text_encoder(CLIPTextModelWithProjection, 5), text_encoder_3=None,
    )  # fmt: skip
    return saved(pipeline, tmp_path_factory.mktemp("sd3") / "tiny-sd3")


@pytest.fixture(scope="package")
def flux(tmp_path_factory: pytest.TempPathFactory, words: CLIPTokenizer) -> tuple[Path, Any]:
    """Its latents are rows of tokens, each of four cells; it is told the guidance scale."""
    torch.manual_seed(0)
    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=32, pooled_projection_dim=32,
        guidance_embeds=True, axes_dims_rope=(4, 4, 8),
    )  # fmt: skip
    t5 = T5Config(vocab_size=40, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4)
    pipeline = FluxPipeline(
        transformer=shaken(transformer, seed=2), scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(16), tokenizer=words, text_encoder=text_encoder(CLIPTextModel, 4),
        text_encoder_2=shaken(T5EncoderModel(t5), seed=5), tokenizer_2=t5_words(),
    )  # fmt: skip
    return saved(pipeline, tmp_path_factory.mktemp("flux") / "tiny-flux")


def t5_words() -> T5TokenizerFast:
    pieces = ["<pad>", "</s>", "<unk>", *(f"▁{word}" for word in ("a", "snow", "lake", "mountain"))]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=0, model_max_length=32)


def saved(pipeline: Any, folder: Path) -> tuple[Path, Any]:
    pipeline.set_progress_bar_config(disable=True)
    pipeline.save_pretrained(folder)
    index = json.loads((folder / "model_index.json").read_text())
    left_out = {name: [None, None] for name, part in pipeline.components.items() if part is None}
    (folder / "model_index.json").write_text(json.dumps(left_out | index))
    return folder, pipeline
