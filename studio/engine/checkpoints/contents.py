"""A published model opened: what it is, and its networks' tensors under the studio's names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from studio.engine.checkpoints.description import (
    FIRST_STAGE_ALONE,
    Description,
    family_of,
    first_stage_title,
)
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.names_single import CONDITION, FIRST_STAGE, UNET, Parts, sorted_out
from studio.engine.checkpoints.names_text import open_clip_sources
from studio.engine.checkpoints.published import PUBLISHED, Published
from studio.engine.checkpoints.reading import Checkpoint, read_checkpoint
from studio.engine.checkpoints.source import Gathered, Source, gather
from studio.engine.checkpoints.structure import (
    ClassConfig,
    ConditionConfig,
    LabelConfig,
    condition_config,
    first_stage_config,
    unet_config,
)
from studio.engine.checkpoints.yaml_config import YamlConfig, read_yaml, yaml_beside
from studio.engine.model_config import ScheduleConfig
from studio.engine.nets.autoencoder import first_stage_of
from studio.engine.nets.class_embedder import ClassEmbedder
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.nets.text_transformer import ClipText, ClipTextConfig, TextTransformer
from studio.engine.nets.unet import UNet
from studio.engine.skeleton import skeleton

_TRAINED_WITH = {875_000: "eps", 110_000: "v"}
"""Steps after which Stable Diffusion 2-base and 2.1 were published, and what they predict."""

_LOW_SCALE = ScheduleConfig(kind="scaled_linear", beta_start=1e-4, beta_end=0.02)
"""How Stable Diffusion's x4 upscaler adds noise to the picture it enlarges."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A network without values (on the meta device) and the tensors found for it."""

    module: nn.Module
    gathered: Gathered


@dataclass(frozen=True, kw_only=True, eq=False)
class Contents:
    """``networks`` by "unet", "first_stage" and "condition", as far as the model has them.

    ``ignored`` and ``unexpected`` are tensors of the file that no network takes: known ones, and
    unknown ones. ``tokenizers`` are the folders where the text encoder's files may lie.
    """

    path: Path
    description: Description
    networks: Mapping[str, Network]
    ema: bool
    nbytes: int
    dtypes: tuple[str, ...]
    ignored: tuple[str, ...]
    unexpected: tuple[str, ...]
    inert: tuple[str, ...]
    tokenizers: tuple[Path, ...]


def condition_network(config: ConditionConfig) -> nn.Module:
    """The conditioner with values that mean nothing yet."""
    match config:
        case ClipTextConfig():
            return ClipText(config)
        case ClassConfig():
            return ClassEmbedder(config.classes, config.width)
        case LabelConfig():
            return SpatialRescaler(config.stages, config.labels, config.channels)
        case _:
            return TextTransformer(config)


def open_single_file(path: Path, checkpoint: Checkpoint | None = None) -> Contents:
    """Recognise a single file of any published kind; raises CheckpointError.

    ``checkpoint`` is what the file holds, where that was read already.
    """
    checkpoint = checkpoint or read_checkpoint(path)
    parts = sorted_out(checkpoint.tensors)
    if not parts.first_stage:
        missing = "no first stage" if parts.unet else "neither a U-Net nor a first stage"
        raise CheckpointError(
            f"{path.name} holds {missing} under names that the studio knows; "
            f"its first tensor is “{next(iter(checkpoint.tensors))}”."
        )
    condition, prefix = condition_config(_shapes(parts.condition), path.name)
    description = _description(path, parts, condition)
    if description.prediction is None and description.unet is not None:
        step = checkpoint.values.get("global_step")
        known = _TRAINED_WITH.get(step) if isinstance(step, int) else None
        description = replace(description, prediction=known)
    if description.family == "upscaler_x4":
        description = replace(description, low_scale=_LOW_SCALE)
    networks = _networks(description, parts, prefix)
    used = {
        label + name
        for key, label in (("unet", UNET), ("first_stage", FIRST_STAGE), ("condition", CONDITION))
        if key in networks
        for name in networks[key].gathered.used
    }
    own = {FIRST_STAGE + n for n in parts.first_stage} | {CONDITION + n for n in parts.condition}
    own |= {UNET + n for n in parts.unet}
    spare = own - used
    last = {name for name in spare if ".transformer.resblocks." in name}
    return Contents(
        path=path,
        description=description,
        networks=networks,
        ema=parts.ema,
        nbytes=sum(tensor.nbytes for tensor in checkpoint.tensors.values()),
        dtypes=_dtypes(checkpoint.tensors),
        ignored=tuple(sorted({*parts.ignored, *last})),
        unexpected=tuple(sorted({*parts.unexpected, *(spare - last)})),
        inert=checkpoint.inert,
        tokenizers=(path.with_name("tokenizer"), path.parent),
    )


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def _dtypes(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    kinds = {tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()}
    return tuple(sorted(str(kind).removeprefix("torch.") for kind in kinds))


def _description(path: Path, parts: Parts, condition: ConditionConfig | None) -> Description:
    first_stage = first_stage_config(_shapes(parts.first_stage), path.name)
    if not parts.unet:
        return Description(
            title=first_stage_title(first_stage),
            family=FIRST_STAGE_ALONE,
            licence="as its publisher says",
            first_stage=first_stage,
        )
    shapes = _shapes(parts.unet)
    unet = unet_config(shapes, {"num_heads": 1}, path.name)
    row = next((row for row in PUBLISHED if row.is_of(unet)), None)
    file = yaml_beside(path)
    told = read_yaml(file) if file else None
    if told and not (
        told.width in (None, unet.model_channels) and told.in_channels in (None, unet.in_channels)
    ):
        raise CheckpointError(f"{file and file.name} belongs to another model than {path.name}.")
    if told is None and row is None:
        raise CheckpointError(
            f"{path.name} holds a U-Net of {unet.model_channels} channels that no published model "
            f"has; put its configuration beside it as {path.stem}.yaml."
        )
    if isinstance(condition, LabelConfig):
        stages = told.label_stages if told and told.label_stages else None
        condition = replace(condition, stages=stages or first_stage.factor.bit_length() - 1)
    return Description(
        title=row.title if row else path.stem,
        family=family_of(unet, first_stage, condition),
        licence=row.licence if row else "as its publisher says",
        first_stage=first_stage,
        unet=unet_config(shapes, _heads(row, told), path.name),
        condition=condition,
        **_training(row, told, parts),
    )


def _heads(row: Published | None, told: YamlConfig | None) -> dict[str, int]:
    if told is not None:
        return told.heads
    assert row is not None
    return row.heads


def _training(row: Published | None, told: YamlConfig | None, parts: Parts) -> dict:
    if told is not None:
        scale = told.scale_factor or parts.scale_factor or 1.0
        return {
            "schedule": told.schedule,
            "prediction": told.prediction,
            "scale_factor": parts.scale_factor or scale,
        }
    assert row is not None
    start, end = row.betas
    return {
        "schedule": ScheduleConfig(kind=row.schedule, beta_start=start, beta_end=end),
        "prediction": row.prediction,
        "scale_factor": parts.scale_factor or row.scale_factor,
    }


def _networks(description: Description, parts: Parts, prefix: str) -> dict[str, Network]:
    networks = {}
    with skeleton():
        if description.unet is not None:
            unet = UNet(description.unet)
            networks["unet"] = _network(unet, _same_names(unet), parts.unet)
        first_stage = first_stage_of(description.first_stage)
        networks["first_stage"] = _network(first_stage, _same_names(first_stage), parts.first_stage)
        if description.condition is not None:
            condition = condition_network(description.condition)
            names = list(condition.state_dict())
            sources = open_clip_sources(names) if prefix == "model." else _same_names(condition)
            networks["condition"] = _network(condition, _prefixed(sources, prefix), parts.condition)
    return networks


def _same_names(module: nn.Module) -> dict[str, Source]:
    return {name: Source((name,)) for name in module.state_dict()}


def _prefixed(sources: Mapping[str, Source], prefix: str) -> dict[str, Source]:
    return {
        name: Source(tuple(prefix + part for part in source.names), source.build)
        for name, source in sources.items()
    }


def _network(
    module: nn.Module, sources: Mapping[str, Source], tensors: Mapping[str, Tensor]
) -> Network:
    return Network(module=module, gathered=gather(module, sources, tensors))
