"""The published networks, built without memory: sizes and names of their tensors."""

import pytest
import torch

from studio.engine.nets.autoencoder import AutoencoderConfig, KLAutoencoder, VQAutoencoder
from studio.engine.nets.class_embedder import ClassEmbedder
from studio.engine.nets.preview import TinyDecoder, TinyEncoder
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.nets.text_transformer import (
    ClipText,
    ClipTextConfig,
    TextTransformer,
    TextTransformerConfig,
)
from studio.engine.nets.unet import UNet, UNetConfig
from tests.engine.nets.comparison import size

LARGE = {
    "model_channels": 320,
    "channel_mult": (1, 2, 4, 4),
    "attention_resolutions": (4, 2, 1),
    "in_channels": 4,
    "out_channels": 4,
}
VQ4 = {"in_channels": 3, "out_channels": 3, "attention_resolutions": (8, 4, 2)}
UNETS = {
    "txt2img-large": ({**LARGE, "num_heads": 8, "context_dim": 1280}, 872_300_484, 686),
    "sd1": ({**LARGE, "num_heads": 8, "context_dim": 768}, 859_520_964, 686),
    "sd1-inpainting": (
        {**LARGE, "in_channels": 9, "num_heads": 8, "context_dim": 768},
        859_535_364,
        686,
    ),
    "sd2": (
        {
            **LARGE,
            "num_head_channels": 64,
            "context_dim": 1024,
            "use_linear_in_transformer": True,
        },
        865_910_724,
        686,
    ),
    "x4-upscaler": (
        {
            "in_channels": 7,
            "out_channels": 4,
            "model_channels": 256,
            "channel_mult": (1, 2, 2, 4),
            "attention_resolutions": (2, 4, 8),
            "num_heads": 8,
            "context_dim": 1024,
            "context_only_resolutions": (2, 4),
            "use_linear_in_transformer": True,
            "num_classes": 1000,
        },
        473_398_020,
        687,
    ),
    "text2img256": (
        {
            **VQ4,
            "model_channels": 192,
            "channel_mult": (1, 2, 3, 5),
            "num_head_channels": 32,
            "context_dim": 640,
        },
        403_623_939,
        688,
    ),
    "cin256-v2": (
        {
            **VQ4,
            "model_channels": 192,
            "channel_mult": (1, 2, 3, 5),
            "num_heads": 1,
            "context_dim": 512,
        },
        400_920_579,
        688,
    ),
    "cin256": (
        {
            **LARGE,
            "model_channels": 256,
            "channel_mult": (1, 2, 4),
            "num_head_channels": 32,
            "context_dim": 512,
        },
        394_984_196,
        626,
    ),
    "semantic_synthesis": (
        {
            "in_channels": 6,
            "out_channels": 3,
            "model_channels": 128,
            "channel_mult": (1, 4, 8),
            "attention_resolutions": (32, 16, 8),
            "num_heads": 8,
        },
        215_229_315,
        216,
    ),
    "bsr_sr": (
        {
            "in_channels": 6,
            "out_channels": 3,
            "model_channels": 160,
            "channel_mult": (1, 2, 2, 4),
            "attention_resolutions": (16, 8),
            "num_head_channels": 32,
        },
        113_622_563,
        306,
    ),
    "inpainting_big": (
        {
            **VQ4,
            "in_channels": 7,
            "model_channels": 256,
            "channel_mult": (1, 2, 3, 4),
            "num_heads": 8,
            "resblock_updown": True,
        },
        387_245_827,
        416,
    ),
    "layout2img": (
        {
            **VQ4,
            "model_channels": 128,
            "channel_mult": (1, 2, 3, 4),
            "num_head_channels": 32,
            "context_dim": 512,
            "transformer_depth": 3,
        },
        246_277_379,
        1328,
    ),
    "celeba256": (
        {**VQ4, "model_channels": 224, "channel_mult": (1, 2, 3, 4), "num_head_channels": 32},
        274_056_163,
        368,
    ),
    "lsun_churches256": (
        {
            "in_channels": 4,
            "out_channels": 4,
            "model_channels": 192,
            "channel_mult": (1, 2, 2, 4, 4),
            "attention_resolutions": (1, 2, 4, 8),
            "num_heads": 8,
            "resblock_updown": True,
            "use_scale_shift_norm": True,
        },
        294_966_916,
        520,
    ),
}

FIRST_STAGES = {
    "kl-f4": (KLAutoencoder, 3, (1, 2, 4), {}, 55_312_063, 204),
    "kl-f8": (KLAutoencoder, 4, (1, 2, 4, 4), {}, 83_653_863, 248),
    "kl-f16": (KLAutoencoder, 16, (1, 1, 2, 2, 4), {"attn_resolutions": (16,)}, 69_610_963, 342),
    "kl-f32": (
        KLAutoencoder,
        64,
        (1, 1, 2, 2, 4, 4),
        {"attn_resolutions": (16, 8)},
        103_880_131,
        436,
    ),
    "vq-f4": (VQAutoencoder, 3, (1, 2, 4), {"n_embed": 8192}, 55_322_782, 205),
    "vq-f4-noattn": (
        VQAutoencoder,
        3,
        (1, 2, 4),
        {"n_embed": 8192, "attention": "none"},
        53_219_486,
        185,
    ),
    "vq-f8": (
        VQAutoencoder,
        4,
        (1, 2, 2, 4),
        {"n_embed": 16384, "attn_resolutions": (32,)},
        67_717_295,
        299,
    ),
    "vq-f8-n256": (
        VQAutoencoder,
        4,
        (1, 2, 2, 4),
        {"n_embed": 256, "attn_resolutions": (32,)},
        67_652_783,
        299,
    ),
    "vq-f16": (
        VQAutoencoder,
        8,
        (1, 1, 2, 2, 4),
        {"n_embed": 16384, "attn_resolutions": (16,)},
        69_593_371,
        343,
    ),
}


def unet(name: str) -> UNet:
    with torch.device("meta"):
        return UNet(UNetConfig(num_res_blocks=2, **UNETS[name][0]))


@pytest.mark.parametrize("name", UNETS)
def test_unet_sizes(name: str) -> None:
    assert size(unet(name)) == UNETS[name][1:]


@pytest.mark.parametrize("name", FIRST_STAGES)
def test_first_stage_sizes(name: str) -> None:
    kind, z_channels, channel_mult, more, values, tensors = FIRST_STAGES[name]
    config = AutoencoderConfig(
        z_channels=z_channels,
        embed_dim=z_channels,
        channels=128,
        channel_mult=channel_mult,
        num_res_blocks=2,
        double_z=kind is KLAutoencoder,
        **more,
    )
    with torch.device("meta"):
        assert size(kind(config)) == (values, tensors)


def test_text_encoder_sizes() -> None:
    unused = 1280 * 30522 + 30522  # the published file also holds the head to_logits
    with torch.device("meta"):
        bert = TextTransformer(TextTransformerConfig(width=1280, depth=32))
        clip = ClipText(ClipTextConfig())
        config = ClipTextConfig(width=1024, depth=23, heads=16, mlp_width=4096, activation="gelu")
        open_clip = ClipText(config)
    assert size(bert) == (581_994_042 - unused, 420)
    assert size(clip) == (123_060_480, 196)
    assert size(open_clip) == (340_387_840, 372)


def test_tiny_decoder_sizes() -> None:
    with torch.device("meta"):
        decoder, encoder = TinyDecoder(), TinyEncoder()
    assert size(decoder) == (1_222_531, 67)
    assert size(encoder) == (1_222_532, 67)
    assert decoder[19].weight.shape == (3, 64, 3, 3)
    assert encoder[14].weight.shape == (4, 64, 3, 3)


def test_unet_names_and_shapes() -> None:
    state = unet("sd1").state_dict()
    shapes = {
        "time_embed.0.weight": (1280, 320),
        "time_embed.2.weight": (1280, 1280),
        "input_blocks.0.0.weight": (320, 4, 3, 3),
        "input_blocks.1.0.in_layers.2.weight": (320, 320, 3, 3),
        "input_blocks.1.0.emb_layers.1.weight": (320, 1280),
        "input_blocks.1.0.out_layers.3.weight": (320, 320, 3, 3),
        "input_blocks.1.1.norm.weight": (320,),
        "input_blocks.1.1.proj_in.weight": (320, 320, 1, 1),
        "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768),
        "input_blocks.1.1.transformer_blocks.0.attn1.to_out.0.bias": (320,),
        "input_blocks.1.1.transformer_blocks.0.ff.net.0.proj.weight": (2560, 320),
        "input_blocks.1.1.transformer_blocks.0.ff.net.2.weight": (320, 1280),
        "input_blocks.3.0.op.weight": (320, 320, 3, 3),
        "input_blocks.4.0.skip_connection.weight": (640, 320, 1, 1),
        "middle_block.2.in_layers.0.weight": (1280,),
        "output_blocks.2.1.conv.weight": (1280, 1280, 3, 3),
        "output_blocks.5.2.conv.weight": (1280, 1280, 3, 3),
        "output_blocks.6.0.skip_connection.weight": (640, 1920, 1, 1),
        "out.0.weight": (320,),
        "out.2.weight": (4, 320, 3, 3),
    }
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    assert "input_blocks.1.0.skip_connection.weight" not in state
    assert unet("sd2").state_dict()["input_blocks.1.1.proj_in.weight"].shape == (320, 320)


def test_semantic_unet_attends_only_in_the_middle() -> None:
    names = [name for name in unet("semantic_synthesis").state_dict() if ".qkv." in name]
    assert names == ["middle_block.1.qkv.weight", "middle_block.1.qkv.bias"]
    assert unet("semantic_synthesis").middle_block[1].qkv.weight.shape == (3072, 1024, 1)


def test_first_stage_names() -> None:
    config = AutoencoderConfig(
        z_channels=3,
        embed_dim=3,
        channels=128,
        channel_mult=(1, 2, 4),
        num_res_blocks=2,
        double_z=False,
        n_embed=8192,
    )
    with torch.device("meta"):
        state = VQAutoencoder(config).state_dict()
    shapes = {
        "encoder.conv_in.weight": (128, 3, 3, 3),
        "encoder.down.1.block.0.nin_shortcut.weight": (256, 128, 1, 1),
        "encoder.down.1.downsample.conv.weight": (256, 256, 3, 3),
        "encoder.mid.attn_1.proj_out.weight": (512, 512, 1, 1),
        "encoder.norm_out.weight": (512,),
        "encoder.conv_out.weight": (3, 512, 3, 3),
        "decoder.up.2.upsample.conv.weight": (512, 512, 3, 3),
        "decoder.up.0.block.0.nin_shortcut.weight": (128, 256, 1, 1),
        "decoder.up.0.block.2.conv2.weight": (128, 128, 3, 3),
        "quantize.embedding.weight": (8192, 3),
        "post_quant_conv.weight": (3, 3, 1, 1),
    }
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    assert not any("downsample" in name for name in state if name.startswith("encoder.down.2"))
    assert not any("temb" in name for name in state)


def test_condition_stage_names() -> None:
    with torch.device("meta"):
        rescaler = SpatialRescaler(2, 182, 3)
        classes = ClassEmbedder(1001, 512)
        bert = TextTransformer(TextTransformerConfig(width=1280, depth=32))
        clip = ClipText(ClipTextConfig())
    assert {name: tuple(t.shape) for name, t in rescaler.state_dict().items()} == {
        "channel_mapper.weight": (3, 182, 1, 1)
    }
    assert list(classes.state_dict()) == ["embedding.weight"]
    state = bert.state_dict()
    assert state["attn_layers.layers.0.1.to_q.weight"].shape == (512, 1280)
    assert state["attn_layers.layers.62.1.to_out.weight"].shape == (1280, 512)
    assert state["attn_layers.layers.1.1.net.0.0.weight"].shape == (5120, 1280)
    assert state["attn_layers.layers.63.1.net.2.weight"].shape == (1280, 5120)
    assert {"token_emb.weight", "pos_emb.emb.weight", "norm.bias"} <= set(state)
    assert {
        "text_model.embeddings.token_embedding.weight",
        "text_model.embeddings.position_embedding.weight",
        "text_model.encoder.layers.11.self_attn.q_proj.bias",
        "text_model.encoder.layers.0.mlp.fc1.weight",
        "text_model.encoder.layers.0.layer_norm2.weight",
        "text_model.final_layer_norm.bias",
    } <= set(clip.state_dict())
