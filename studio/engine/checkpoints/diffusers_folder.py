"""A diffusers folder as a published model: its configurations and its files' names."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from studio.engine.checkpoints.contents import (
    Contents,
    Network,
    condition_network,
)
from studio.engine.checkpoints.description import Description, family_of
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.names_first_stage import first_stage_sources
from studio.engine.checkpoints.names_text import bert_sources, clip_sources
from studio.engine.checkpoints.names_unet import renewed, unet_sources
from studio.engine.checkpoints.published import PUBLISHED
from studio.engine.checkpoints.reading import read_checkpoint
from studio.engine.checkpoints.source import gather
from studio.engine.model_config import ScheduleConfig
from studio.engine.nets.autoencoder import AutoencoderConfig, first_stage_of
from studio.engine.nets.text_transformer import ClipTextConfig, TextTransformerConfig
from studio.engine.nets.unet import UNet, UNetConfig
from studio.engine.skeleton import skeleton

INDEX = "model_index.json"
_FILES = ("diffusion_pytorch_model", "model", "pytorch_model")
_SUFFIXES = (".safetensors", ".fp16.safetensors", ".bin", ".fp16.bin")


def open_diffusers_folder(folder: Path) -> Contents:
    """Recognise a folder with a model_index.json; raises CheckpointError."""
    index = read_json(folder / INDEX)
    parts = _parts(folder, index)
    first = _first(parts)
    text = next((name for name in ("text_encoder", "bert") if name in parts), None)
    if not _is_of_ours(parts):
        raise CheckpointError(
            f"The folder {folder.name} is a {index.get('_class_name', 'pipeline')}, which is no "
            "latent diffusion model of the kinds that the studio runs."
        )
    try:
        unet = unet_of(read_json(folder / "unet" / "config.json"))
        first_config = read_json(folder / first / "config.json")
        autoencoder = autoencoder_of(first_config)
        encoder = _text_encoder(folder / text) if text else None
        told = read_json(folder / "scheduler" / "scheduler_config.json")
        schedule, prediction = schedule_of(told)
        low_scale = None
        if "low_res_scheduler" in parts:
            low = read_json(folder / "low_res_scheduler" / "scheduler_config.json")
            low_scale, _ = schedule_of(low)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f"The folder {folder.name} cannot be used: its configuration has no {error}."
        ) from error
    row = next((row for row in PUBLISHED if row.is_of(unet)), None)
    # a codebook's latents are never scaled, whatever the configuration says
    unscaled = autoencoder.n_embed is not None
    scale = 1.0 if unscaled else float(first_config.get("scaling_factor", 0.18215))
    description = Description(
        title=row.title if row else folder.name,
        family=family_of(unet, autoencoder, encoder),
        licence=row.licence if row else "as its publisher says",
        first_stage=autoencoder,
        scale_factor=scale,
        unet=unet,
        schedule=schedule,
        prediction=prediction,
        condition=encoder,
        low_scale=low_scale,
    )
    return _contents(folder, description, first, text)


def is_other_pipeline(folder: Path) -> bool:
    """Whether it is a pipeline of another kind than the studio's own networks are."""
    return not _is_of_ours(_parts(folder, read_json(folder / INDEX)))


def _parts(folder: Path, index: Mapping[str, Any]) -> set[str]:
    return {name for name in index if (folder / name).is_dir()}


def _first(parts: set[str]) -> str:
    return "vae" if "vae" in parts else "vqvae"


def _is_of_ours(parts: set[str]) -> bool:
    others = parts & {"text_encoder_2", "transformer"}
    return {"unet", "scheduler", _first(parts)} <= parts and not others


def _contents(folder: Path, description: Description, first: str, text: str | None) -> Contents:
    networks: dict[str, Network] = {}
    everything: dict[str, Tensor] = {}
    inert: set[str] = set()
    unexpected: list[str] = []
    for key, name in (("unet", "unet"), ("first_stage", first), ("condition", text)):
        if name is None:
            continue
        tensors, stubs = _weights(folder / name)
        network = _network(key, description, tensors)
        networks[key] = network
        everything |= {f"{name}/{tensor}": value for tensor, value in tensors.items()}
        inert |= stubs
        unexpected += [
            f"{name}/{tensor}"
            for tensor in tensors
            if tensor not in network.gathered.used
            and not tensor.endswith("position_ids")
            and not tensor.startswith("to_logits.")
        ]
    kinds = {str(t.dtype) for t in everything.values() if t.is_floating_point()}
    return Contents(
        path=folder,
        description=description,
        networks=networks,
        ema=False,
        nbytes=sum(tensor.nbytes for tensor in everything.values()),
        dtypes=tuple(sorted(kind.removeprefix("torch.") for kind in kinds)),
        ignored=(),
        unexpected=tuple(unexpected),
        inert=tuple(sorted(inert)),
        tokenizers=(folder / "tokenizer",),
    )


def _network(key: str, description: Description, tensors: Mapping[str, Tensor]) -> Network:
    with skeleton():
        if key == "unet":
            assert description.unet is not None
            module: Any = UNet(description.unet)
            sources = unet_sources(module.state_dict(), description.unet)
        elif key == "first_stage":
            module = first_stage_of(description.first_stage)
            levels = len(description.first_stage.channel_mult)
            sources = first_stage_sources(module.state_dict(), levels)
        else:
            assert description.condition is not None
            module = condition_network(description.condition)
            if isinstance(description.condition, ClipTextConfig):
                sources = clip_sources(module.state_dict(), tensors)
            else:
                sources = bert_sources(module.state_dict())
        return Network(module=module, gathered=gather(module, sources, tensors))


def _weights(folder: Path) -> tuple[dict[str, Tensor], set[str]]:
    """The tensors of one part, from the best file or its numbered pieces."""
    for suffix in _SUFFIXES:
        for name in _FILES:
            index = folder / f"{name}{suffix}.index.json"
            file = folder / f"{name}{suffix}"
            if file.is_file():
                return _tensors([file])
            if index.is_file():
                pieces = read_json(index).get("weight_map")
                names = sorted({str(piece) for piece in dict(pieces or {}).values()})
                if not names or any(Path(piece).name != piece for piece in names):
                    raise CheckpointError(f"{index.name} is no index of weights.")
                return _tensors([folder / piece for piece in names])
    raise CheckpointError(
        f"The folder {folder.parent.name}/{folder.name} holds no weights: "
        f"{_FILES[0]}.safetensors is missing."
    )


def _tensors(files: list[Path]) -> tuple[dict[str, Tensor], set[str]]:
    tensors: dict[str, Tensor] = {}
    inert: set[str] = set()
    for file in files:
        checkpoint = read_checkpoint(file)
        tensors |= {renewed(name): tensor for name, tensor in checkpoint.tensors.items()}
        inert |= set(checkpoint.inert)
    return tensors, inert


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file with keys and values; CheckpointError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"In the folder {path.parent.name} the file {path.name} is missing."
        ) from None
    except (OSError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CheckpointError(f"{path.parent.name}/{path.name} is damaged: {error}.") from error
    if not isinstance(data, dict):
        raise CheckpointError(f"{path.parent.name}/{path.name} is no configuration.")
    return data


def unet_of(config: Mapping[str, Any]) -> UNetConfig:
    """diffusers' UNet2DConditionModel or UNet2DModel; KeyError and ValueError."""
    widths = [int(width) for width in config["block_out_channels"]]
    kinds = list(config["down_block_types"])
    crossed = config.get("_class_name") != "UNet2DModel" and bool(config.get("cross_attention_dim"))
    known = {"CrossAttnDownBlock2D", "AttnDownBlock2D", "DownBlock2D"}
    if not set(kinds) <= known:
        raise CheckpointError(
            f"The studio does not know U-Nets of {', '.join(sorted(set(kinds)))}."
        )
    by_resnet = config.get("downsample_type") == "resnet"
    if by_resnet and "DownBlock2D" in kinds:  # such blocks resize by convolution all the same
        raise CheckpointError("The studio does not know U-Nets that resize in two ways.")
    attends = [2**level for level, kind in enumerate(kinds) if kind != "DownBlock2D"]
    depth = config.get("transformer_layers_per_block", 1)
    return UNetConfig(
        in_channels=int(config["in_channels"]),
        out_channels=int(config["out_channels"]),
        model_channels=widths[0],
        channel_mult=tuple(width // widths[0] for width in widths),
        num_res_blocks=int(config.get("layers_per_block", 2)),
        attention_resolutions=tuple(attends),
        context_dim=int(config["cross_attention_dim"]) if crossed else None,
        context_only_resolutions=_context_only(config, kinds),
        transformer_depth=int(depth[0] if isinstance(depth, (list, tuple)) else depth),
        use_linear_in_transformer=bool(config.get("use_linear_projection", False)),
        resblock_updown=by_resnet,
        use_scale_shift_norm=config.get("resnet_time_scale_shift") == "scale_shift",
        num_classes=config.get("num_class_embeds"),
        norm_groups=int(config.get("norm_num_groups") or 32),
        **_heads_of(config, widths, crossed=crossed),
    )


def _context_only(config: Mapping[str, Any], kinds: list[str]) -> tuple[int, ...]:
    told = config.get("only_cross_attention")
    each = told if isinstance(told, (list, tuple)) else [bool(told)] * len(kinds)
    middle = config.get("mid_block_only_cross_attention")
    if told is True if middle is None else middle:
        raise CheckpointError("The studio does not know U-Nets without self-attention.")
    crossed = [kind == "CrossAttnDownBlock2D" for kind in kinds]
    return tuple(2**level for level, only in enumerate(each) if only and crossed[level])


def _heads_of(config: Mapping[str, Any], widths: list[int], *, crossed: bool) -> dict[str, Any]:
    """``attention_head_dim`` is the number of heads where there is a context, despite its name."""
    told = config.get("num_attention_heads") or config.get("attention_head_dim", 8)
    if not crossed:
        return {"num_heads": 1} if told is None else {"num_head_channels": int(told)}
    heads = [
        int(number)
        for number in (told if isinstance(told, (list, tuple)) else [told] * len(widths))
    ]
    if len(set(heads)) == 1:
        return {"num_heads": heads[0]}
    wide = {width // number for width, number in zip(widths, heads, strict=True)}
    if len(wide) != 1:
        raise ValueError("attention heads of one kind")
    return {"num_head_channels": wide.pop()}


def autoencoder_of(config: Mapping[str, Any]) -> AutoencoderConfig:
    """diffusers' AutoencoderKL or VQModel; KeyError and ValueError."""
    widths = [int(width) for width in config["block_out_channels"]]
    latent = int(config.get("latent_channels", 4))
    codebook = config.get("num_vq_embeddings")
    return AutoencoderConfig(
        z_channels=latent,
        embed_dim=int(config.get("vq_embed_dim") or latent),
        channels=widths[0],
        channel_mult=tuple(width // widths[0] for width in widths),
        num_res_blocks=int(config.get("layers_per_block", 1)),
        attn_resolutions=tuple(
            256 // 2**level
            for level, kind in enumerate(config["down_block_types"])
            if kind.startswith("Attn")
        ),
        in_channels=int(config.get("in_channels", 3)),
        out_channels=int(config.get("out_channels", 3)),
        attention="vanilla" if config.get("mid_block_add_attention", True) else "none",
        double_z=codebook is None,
        n_embed=int(codebook) if codebook is not None else None,
        norm_groups=int(config.get("norm_num_groups") or 32),
    )


def schedule_of(config: Mapping[str, Any]) -> tuple[ScheduleConfig, str]:
    """The noise schedule and the prediction; KeyError and ValueError."""
    kinds = {"scaled_linear": "scaled_linear", "linear": "linear", "squaredcos_cap_v2": "cosine"}
    predictions = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}
    kind = kinds[config.get("beta_schedule", "linear")]
    schedule = ScheduleConfig(
        kind=kind,
        steps=int(config.get("num_train_timesteps", 1000)),
        beta_start=None if kind == "cosine" else float(config.get("beta_start", 1e-4)),
        beta_end=None if kind == "cosine" else float(config.get("beta_end", 0.02)),
    )
    return schedule, predictions[config.get("prediction_type", "epsilon")]


def _text_encoder(folder: Path) -> ClipTextConfig | TextTransformerConfig:
    config = read_json(folder / "config.json")
    if "d_model" in config:
        return TextTransformerConfig(
            width=int(config["d_model"]),
            depth=int(config["encoder_layers"]),
            vocab_size=int(config["vocab_size"]),
            max_length=int(config["max_position_embeddings"]),
            heads=int(config["encoder_attention_heads"]),
            dim_head=int(config["head_dim"]),
        )
    return ClipTextConfig(
        width=int(config["hidden_size"]),
        depth=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        mlp_width=int(config["intermediate_size"]),
        vocab_size=int(config["vocab_size"]),
        max_length=int(config.get("max_position_embeddings", 77)),
        activation=str(config.get("hidden_act", "quick_gelu")),
    )
