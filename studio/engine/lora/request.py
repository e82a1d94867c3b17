"""The LoRA files that a request asks for: those it lists, and those its prompt names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from studio.contract.prompt_tags import without_tags
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.lora.changeable import Changeable
from studio.engine.model_error import ModelError

Find = Callable[[str], Path]
"""The LoRA file of a name or path; raises ModelError."""


@contextmanager
def with_loras(
    request: GenerateRequest, model: Changeable, find: Find
) -> Iterator[tuple[GenerateRequest, tuple[str, ...]]]:
    """Inside, the model's networks are changed as the request asks.

    Gives the request with the words of its prompt alone, and sentences for the person. ModelError
    when a file is missing or does not fit.
    """
    try:
        words, named = without_tags(request.prompt)
    except ValueError as error:
        raise ModelError(str(error), "Write it as <lora:NAME:0.8>.") from error
    asked = [(name, weight) for name, weight in (*request.loras, *named) if weight]
    spoken = replace(request, prompt=words, loras=())
    if not asked or not model.networks:
        model.forget()
        told = ("This model takes no LoRA files: they have no effect.",) if asked else ()
        yield spoken, told
        return
    try:
        change = model.merge([(find(name), weight) for name, weight in asked])
    except (CheckpointError, OSError) as error:
        raise ModelError(str(error), "Choose another LoRA file, or none.") from error
    with change.applied():
        yield spoken, change.notices
