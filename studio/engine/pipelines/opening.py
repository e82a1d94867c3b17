"""A diffusers folder checked and opened by diffusers: from this computer, and no code from it."""

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.contract.catalog import Capability
from studio.engine.checkpoints.diffusers_folder import INDEX, read_json
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.reading import read_checkpoint
from studio.engine.device import Device
from studio.engine.memory import check_room
from studio.engine.model_config import Defaults
from studio.engine.model_error import ModelError
from studio.engine.pipelines.model import PipelineConfig, PipelineModel

_PICKLES = (".bin", ".pt", ".pth", ".ckpt")
_INSTALL = 'Install it with: pip install "latent-studio[diffusers]"'


def open_pipeline(folder: Path, device: Device) -> PipelineModel:
    """Loaded and ready; raises ModelError and CheckpointError."""
    kind = pipeline_class(folder)
    index = read_json(folder / INDEX)
    _check_files(folder, index)
    # what a folder is made without, diffusers wants to be told once more
    without = {part: None for part, told in index.items() if told == [None, None]}
    files = weight_files(folder)
    kept = sum(_values(file) for file in files) * device.dtype.itemsize
    check_room(folder.name, sum(file.stat().st_size for file in files), kept, device.device)
    try:
        pipeline = kind.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            torch_dtype=device.dtype,
            **without,
            variant="fp16" if any(".fp16" in file.name for file in files) else None,
        )
    except (OSError, ValueError, RuntimeError, TypeError, AttributeError, ImportError) as error:
        raise ModelError(
            f"diffusers could not open {folder.name}: {_first_line(error)}", "Get the folder again."
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to(device.device)
    config = PipelineConfig(
        name=f"{folder.name} ({kind.__name__.removesuffix('Pipeline')})",
        uses=capabilities(kind),
        defaults=_defaults(kind),
        size_multiple=2 * int(getattr(pipeline, "vae_scale_factor", 8)),
    )
    return PipelineModel(pipeline=pipeline, config=config, device=device.device)


def pipeline_class(folder: Path) -> Any:
    """diffusers' class for the folder; ModelError where that library is missing, CheckpointError
    where it has no such class.
    """
    index = read_json(folder / INDEX)
    name = str(index.get("_class_name"))
    try:
        diffusers = importlib.import_module("diffusers")
        transformers = importlib.import_module("transformers")
    except ImportError as error:
        raise ModelError(
            f"{folder.name} is a {name}, which the studio runs through diffusers, and that is not "
            "installed.",
            _INSTALL,
        ) from error
    for library in (diffusers, transformers):  # the studio tells its own progress
        library.utils.logging.disable_progress_bar()
    try:
        known = hasattr(diffusers, name)
    except RuntimeError as error:  # a library that it imports only now breaks, most often this one
        raise ModelError(
            f"diffusers cannot open {folder.name} here: a library that it uses is broken "
            f"({_first_line(error)}).",
            "If it is torchvision, type: pip uninstall torchvision",
        ) from error
    if not known:
        raise CheckpointError(
            f"{folder.name} is a {name}, which this version of diffusers does not know."
        )
    kind = getattr(diffusers, name)
    if not (inspect.isclass(kind) and issubclass(kind, diffusers.DiffusionPipeline)):
        raise CheckpointError(f"{folder.name} says it is a {name}, which is no pipeline.")
    if "prompt" not in inspect.signature(kind.__call__).parameters:
        raise CheckpointError(f"{folder.name} is a {name}, which paints from no prompt.")
    return kind


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _check_files(folder: Path, index: Mapping[str, Any]) -> None:
    """Nothing but diffusers' and transformers' own classes, and no pickles."""
    pipelines = importlib.import_module("diffusers.pipelines")
    for part, told in index.items():
        if part.startswith("_") or not isinstance(told, list) or len(told) != 2:
            continue
        library = told[0]
        if library is None or library in ("diffusers", "transformers"):
            continue
        if not (
            isinstance(library, str) and library.isidentifier() and hasattr(pipelines, library)
        ):
            raise CheckpointError(
                f"{folder.name} asks for code of its own for its {part} ({library}): the studio "
                "runs no code from files."
            )
    for inner in (path for path in folder.iterdir() if path.is_dir()):
        kinds = {path.suffix.lower() for path in inner.iterdir() if path.is_file()}
        if kinds & set(_PICKLES) and ".safetensors" not in kinds:
            raise CheckpointError(
                f"{folder.name}/{inner.name} holds its weights as pickles; get them as safetensors."
            )


def weight_files(folder: Path) -> list[Path]:
    """The weights that are read: those in their own precision, where both are there."""
    files = list(folder.rglob("*.safetensors"))
    return [file for file in files if ".fp16" not in file.name] or files


def _values(file: Path) -> int:
    """How many numbers it holds."""
    return sum(tensor.numel() for tensor in read_checkpoint(file).tensors.values())


def capabilities(kind: Any) -> tuple[Capability, ...]:
    """What of a request has an effect, as far as the pipeline's own arguments tell."""
    known = inspect.signature(kind.__call__).parameters
    uses = [Capability.TEXT]
    uses += [Capability.NEGATIVE] if _heeds_negative(known) else []
    uses += [Capability.GUIDANCE] if "guidance_scale" in known else []
    return tuple(uses)


def _heeds_negative(known: Mapping[str, inspect.Parameter]) -> bool:
    """Distilled models such as Flux take one and leave it aside, unless they are run twice."""
    twice = known.get("true_cfg_scale")
    return "negative_prompt" in known and (twice is None or float(twice.default or 0) > 1)


def _defaults(kind: Any) -> Defaults:
    """The pipeline's own; its sampler is its own as well, whatever is named here."""
    known = inspect.signature(kind.__call__).parameters

    def default(name: str, otherwise: float) -> float:
        value = known[name].default if name in known else None
        return otherwise if value in (None, inspect.Parameter.empty) else float(value)

    return Defaults(
        steps=int(default("num_inference_steps", 50)),
        guidance=default("guidance_scale", 1.0),
        sampler="euler",
        spacing="trailing",
        guidance_drops=("text",),
    )
