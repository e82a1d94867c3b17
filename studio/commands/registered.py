"""What the list of models knows of the one that a command is given."""

from dataclasses import replace
from pathlib import Path

from studio.app.models.register import Register
from studio.app.orders import Help
from studio.app.places import Places
from studio.contract.request import GenerateRequest


def with_register(request: GenerateRequest) -> tuple[GenerateRequest, Help]:
    """The request with its model's path where it was given by the name that ``models list`` shows,
    and what was remembered of that model.
    """
    places = Places.of_this_person()
    register = Register(places.register, places.models)
    lists = tuple(places.word_lists / key for key in ("clip", "bert"))
    parts = tuple(register.places())
    if _is_there(request.model) and not register.path.exists():
        return request, Help(word_lists=lists, parts=parts)
    model = register.find(request.model)
    if model is None:
        return request, Help(word_lists=lists, parts=parts)
    known = Help(prediction=model.answer, word_lists=lists, parts=parts)
    return replace(request, model=model.key), known


def _is_there(model: str) -> bool:
    return Path(model).expanduser().exists()
