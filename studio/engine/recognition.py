"""What a file or folder is, from its header alone: nothing is loaded and nothing is executed."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from studio.contract.catalog import Capability
from studio.contract.model_card import CardKind, ModelCard, broken
from studio.engine.checkpoints.contents import Contents
from studio.engine.checkpoints.description import FIRST_STAGE_ALONE
from studio.engine.checkpoints.diffusers_folder import is_other_pipeline
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.reading import Checkpoint, read_checkpoint
from studio.engine.checkpoints.structure import ClassConfig, LabelConfig
from studio.engine.families import PUBLISHED_FAMILIES
from studio.engine.families.class_conditional import CLASSES
from studio.engine.families.opening import check_usable, look_into
from studio.engine.model_error import ModelError
from studio.engine.parts import LORA_TITLE, Parts
from studio.engine.pipelines.opening import capabilities, pipeline_class, weight_files
from studio.engine.upscaling.config import FAMILY
from studio.engine.upscaling.foreign import foreign_title, is_foreign

_UPSCALER = "upscaler"
_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (LORA_TITLE, ("lora_unet_", "lora_te", ".lora_A.", ".lora_B.", ".lora_down.", ".lora_up.")),
    ("ControlNet", ("control_model.", "controlnet_cond_embedding.", "input_hint_block.")),
    ("textual inversion", ("emb_params", "string_to_param")),
    ("text encoder", ("text_model.embeddings.", "text_model.encoder.")),
    (
        _UPSCALER,
        ("RRDB_trunk.", "body.0.rdb1.", "model.1.sub.0.RDB1.", "layers.0.residual_group."),
    ),
)
"""What a file is called whose tensors have such names; none is a model by itself."""


def recognised(path: Path) -> ModelCard:
    """The card of a diffusers folder or a single file; never raises for a file that cannot be used,
    whose card says why.
    """
    try:
        contents = look_into(path)
    except CheckpointError as error:
        if (card := _pipeline(path)) is not None:
            return card
        return _part(path) or broken(_name(path), str(error), _size(path))
    try:
        check_usable(contents)
    except CheckpointError as error:
        return broken(contents.description.title, str(error), contents.nbytes)
    return _published(contents)


def _published(contents: Contents) -> ModelCard:
    told = contents.description
    condition = told.condition
    alone = told.family == FIRST_STAGE_ALONE
    return ModelCard(
        kind=CardKind.PART if alone else CardKind.MODEL,
        title=f"First stage {told.title}" if alone else told.title,
        family=told.family,
        licence=told.licence,
        nbytes=contents.nbytes,
        dtypes=contents.dtypes,
        capabilities=() if alone else _capabilities(contents),
        needs=() if alone else PUBLISHED_FAMILIES[told.family].needs_of(told),
        prediction=told.prediction,
        classes=min(condition.classes, CLASSES) if isinstance(condition, ClassConfig) else 0,
        labels=condition.labels if isinstance(condition, LabelConfig) else 0,
    )


def _pipeline(folder: Path) -> ModelCard | None:
    """The card of a folder that diffusers runs; None for anything else."""
    try:
        if not folder.is_dir() or not is_other_pipeline(folder):
            return None
        nbytes = sum(file.stat().st_size for file in weight_files(folder))
        kind = pipeline_class(folder)
    except ModelError as error:
        return broken(folder.name, f"{error.sentence} {error.action}", nbytes)
    except CheckpointError:
        return None
    title = kind.__name__.removesuffix("Pipeline")
    return ModelCard(
        kind=CardKind.MODEL,
        title=title,
        family="diffusers",
        licence="as its publisher says",
        nbytes=nbytes,
        capabilities=capabilities(kind),
        prediction="eps",
    )


def _capabilities(contents: Contents) -> tuple[Capability, ...]:
    """With what lies around the model now, such as a ControlNet for label maps."""
    family, told = PUBLISHED_FAMILIES[contents.description.family], contents.description
    return (*family.capabilities_of(told), *family.gained(told, Parts((contents.path,))))


def _part(path: Path) -> ModelCard | None:
    """The card of a file that belongs to a model, None for anything else."""
    try:
        checkpoint = read_checkpoint(path)
    except (CheckpointError, IsADirectoryError):
        return None
    title = part_title(checkpoint.tensors)
    nbytes = sum(tensor.nbytes for tensor in checkpoint.tensors.values())
    dtypes = {str(t.dtype).removeprefix("torch.") for t in checkpoint.tensors.values()}
    card = ModelCard(
        kind=CardKind.PART, title=title or "", nbytes=nbytes, dtypes=tuple(sorted(dtypes)),
        family="part",
    )  # fmt: skip
    if title in (None, _UPSCALER):
        return _upscaler(checkpoint, card)
    return card


def _upscaler(checkpoint: Checkpoint, card: ModelCard) -> ModelCard | None:
    """The card of an upscaler of another family; None where spandrel, too, knows nothing of it."""
    try:
        if not is_foreign(checkpoint):
            return _incomplete(checkpoint, card) if card.title == _UPSCALER else None
        title = foreign_title(checkpoint)
    except CheckpointError as error:
        return broken(_name(checkpoint.path), str(error), card.nbytes)
    except ModelError as error:
        if card.title != _UPSCALER:
            return None  # without spandrel nobody knows whether it is one
        return replace(card, family=FAMILY, problem=f"{error.sentence} {error.action}")
    return replace(card, title=title, family=FAMILY, capabilities=(Capability.UPSCALE,))


def _incomplete(checkpoint: Checkpoint, card: ModelCard) -> ModelCard:
    path = checkpoint.path
    sentence = f"{path.name} looks like an upscaler, but is incomplete or of an unknown kind."
    return broken(_name(path), sentence, card.nbytes)


def part_title(names: Iterable[str]) -> str | None:
    """What the owner of such tensors is called, None where nothing is known of it."""
    names = list(names)
    for title, signs in _PARTS:
        if any(sign in name for name in names for sign in signs):
            return title
    return None


def _name(path: Path) -> str:
    return path.stem if path.is_file() else path.name


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
