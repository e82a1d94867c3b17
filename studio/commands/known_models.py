"""What the list of models knows of a model that a command was given."""

from dataclasses import dataclass
from pathlib import Path

from studio.app.models.register import Installed
from studio.app.models.word_lists import class_names
from studio.app.places import Places
from studio.commands.models_add import register_of

_WORD_LISTS = ("clip", "bert")


@dataclass(frozen=True, kw_only=True)
class KnownModel:
    """``key`` is what the engine finds it by. ``prediction`` is what the person once said of it;
    ``parts`` and ``word_lists`` are where files may lie that go with it.
    """

    key: str
    prediction: str | None
    parts: tuple[Path, ...]
    word_lists: tuple[Path, ...]


def known_model(name: str) -> KnownModel:
    """A model by its name on the list, or by the path of its file or folder."""
    places = Places.of_this_person()
    found = _found(name, places)
    return KnownModel(
        key=found.key if found else name,
        prediction=found.answer if found else None,
        parts=tuple(register_of(places).places()),
        word_lists=tuple(places.word_lists / key for key in _WORD_LISTS),
    )


def known_classes(name: str) -> tuple[str, ...]:
    """The names of a model's classes by number; empty where nobody knows them."""
    places = Places.of_this_person()
    found = _found(name, places)
    path = found.path if found else Path(name).expanduser()
    return class_names(path, places.word_lists)


def _found(name: str, places: Places) -> Installed | None:
    register = register_of(places)
    path = Path(name).expanduser()
    if not path.exists():
        return register.find(name)
    # what lies there is meant, and no other model of that name
    real = path.resolve()
    return next((model for model in register.models() if model.path.resolve() == real), None)
