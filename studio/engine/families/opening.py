"""A published file or folder becomes a model."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import cast

from studio.engine.checkpoints.container import Container, container_of
from studio.engine.checkpoints.contents import Contents, open_single_file
from studio.engine.checkpoints.description import FIRST_STAGE_ALONE
from studio.engine.checkpoints.diffusers_folder import INDEX, open_diffusers_folder
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.pack_cache import unpacked
from studio.engine.checkpoints.pack_header import NotAtOnceError, read_pack_header
from studio.engine.checkpoints.source import check_whole
from studio.engine.device import Device
from studio.engine.families import PUBLISHED_FAMILIES
from studio.engine.families.published import TITLES, PublishedModel, fill
from studio.engine.memory import check_room
from studio.engine.model_error import ModelError
from studio.engine.nets.autoencoder import FirstStage
from studio.engine.parts import Parts
from studio.engine.weights import WeightsError, is_finite

_ANOTHER = "Get the file again, or choose another one."


class PredictionUnknownError(ModelError):
    """Nothing tells whether a model predicts eps or v: a person must say."""


def is_published(path: Path) -> bool:
    """Whether the path is a single file or a diffusers folder, and no model folder of ours."""
    return path.is_file() or (path / INDEX).is_file()


def open_published(path: Path) -> Contents:
    """What a file, a pack or a diffusers folder holds, without reading its values; CheckpointError.

    A pack is unpacked into the cache the first time.
    """
    opening = _opening(path)
    while True:
        try:
            next(opening)
        except StopIteration as done:
            return done.value


def _opening(path: Path) -> Generator[float, None, Contents]:
    """As open_published; yields the fraction of a pack that is unpacked."""
    if path.is_dir():
        return open_diffusers_folder(path)
    if container_of(path) is not Container.PACK:
        return open_single_file(path)
    inside = yield from unpacked(path)
    contents = open_diffusers_folder(inside) if inside.is_dir() else open_single_file(inside)
    # what people put beside the pack counts as well as what is in it
    beside = (path.with_name("tokenizer"), path.parent)
    told = contents.description
    if told.title == inside.stem:
        told = replace(told, title=path.stem)
    tokenizers = (*contents.tokenizers, *beside)
    return replace(contents, path=path, description=told, tokenizers=tokenizers)


def look_into(path: Path) -> Contents:
    """As open_published, but nothing of a pack is unpacked if its beginning tells what it is; then
    its tensors have shapes and no values.
    """
    if path.is_dir() or container_of(path) is not Container.PACK:
        return open_published(path)
    try:
        header = read_pack_header(path)
    except NotAtOnceError:
        return open_published(path)
    try:
        return open_single_file(path, header)
    except CheckpointError:
        # a configuration in the pack may tell what the tensors do not
        return open_published(path)


def check_usable(contents: Contents) -> None:
    """CheckpointError when tensors are missing or misshapen, or nothing here can use them."""
    told = contents.description
    if told.family not in PUBLISHED_FAMILIES and told.family != FIRST_STAGE_ALONE:
        raise CheckpointError(
            f"{contents.path.name} is {told.title}, a kind of model that this version of the "
            "studio knows but cannot run."
        )
    for key, network in contents.networks.items():
        check_whole(network.gathered, contents.path.name, TITLES[key])


def check_values(contents: Contents) -> None:
    """CheckpointError when a tensor that is used holds NaN or infinite values; reads them all."""
    for network in contents.networks.values():
        for name, tensor in network.gathered.tensors.items():
            if not is_finite(tensor):
                raise CheckpointError(
                    f"In {contents.path.name} the tensor {name} holds values that are not finite: "
                    "the file is damaged."
                )


def kept_bytes(contents: Contents) -> int:
    """What is kept in memory of the file's tensors: those that a network uses."""
    return sum(
        tensor.nbytes
        for network in contents.networks.values()
        for tensor in network.gathered.tensors.values()
    )


def load_published(
    path: Path, device: Device, prediction: str | None = None, parts: Parts | None = None
) -> Generator[float, None, PublishedModel]:
    """Yields the loaded fraction and returns the model; raises ModelError.

    ``prediction`` is asked for where the files do not tell it, and counts for nothing elsewhere.
    ``parts`` tells where files that go with it may lie, by default around it.
    """
    try:
        contents = yield from _opening(path)
        told = contents.description
        if told.family == FIRST_STAGE_ALONE:
            raise ModelError(
                f"{path.name} is a first stage alone ({told.title}), which makes no pictures by "
                "itself.",
                "Choose a whole model.",
            )
        check_usable(contents)
        known = told.prediction or prediction
        if known is None:
            raise PredictionUnknownError(
                f"{path.name} does not tell whether it predicts the noise (eps) or v.",
                "Say which: “eps” for models made for 512 pixels, “v” for 768.",
            )
        check_room(path.name, contents.nbytes, kept_bytes(contents), device.device)
        return (
            yield from PUBLISHED_FAMILIES[told.family].load(
                contents, known, device, parts or Parts((path,))
            )
        )
    except WeightsError as error:
        raise ModelError(str(error), _ANOTHER) from error


def load_first_stage(path: Path, device: Device) -> FirstStage:
    """The first stage of a published file or folder, or of its own file; float32; ModelError."""
    try:
        contents = open_published(path)
        network = contents.networks["first_stage"]
        check_whole(network.gathered, path.name, TITLES["first_stage"])
        fill(contents, "first_stage", device)
    except WeightsError as error:
        raise ModelError(str(error), _ANOTHER) from error
    return cast(FirstStage, network.module)
