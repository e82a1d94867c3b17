"""The register of models: where a person's models lie and what they are, kept in one JSON file."""

import contextlib
import importlib.util
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from studio.app.models.own_card import own_card
from studio.app.models.scan import candidates, is_checkpoint, is_model_folder, shown_name
from studio.contract.model_card import ModelCard, broken
from studio.contract.places import MODELS
from studio.engine.checkpoints.pack_places import forget_unpacked

log = logging.getLogger(__name__)

_VERSION = 1
_READER = 3
"""Counts what the studio has learned to tell of files: what an older one told is asked anew, and
what it told without an extra that is installed now.
"""
_EXTRAS = ("diffusers", "spandrel")
RECEIPT = "download.json"
"""Lies in every folder that the studio downloaded, and only there."""
PREDICTIONS = ("eps", "v")


class RegisterError(Exception):
    """The register cannot do what is asked; the text is a sentence for the person."""


class Origin(StrEnum):
    """Where a model comes from, in the order of the list."""

    BUNDLED = "bundled"
    DOWNLOADED = "downloaded"
    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A model that is there. ``key`` is what a request calls it: the name of a bundled model, else
    the path. ``place`` is what the person pointed at. ``card`` None: not looked into yet.
    """

    key: str
    name: str
    path: Path
    origin: Origin
    place: Path
    card: ModelCard | None = None
    answer: str | None = None

    @property
    def prediction(self) -> str | None:
        """eps or v, from the files or from the person; None while nobody has told."""
        return (self.card.prediction if self.card else None) or self.answer

    @property
    def asks(self) -> bool:
        """Whether a person must say eps or v before it can be used."""
        return self.card is not None and self.card.usable and self.prediction is None


@dataclass(kw_only=True)
class _Stored:
    """The file's content."""

    places: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)


class Register:
    """``path`` is the JSON file, ``downloads`` the folder where the studio puts what it fetches.

    Several programs may use one register: every change reads the file again and replaces it whole.
    A damaged file is set aside with ``.damaged`` added, and the register begins anew.
    """

    def __init__(self, path: Path, downloads: Path, bundled: Path = MODELS) -> None:
        self.path = path
        self.downloads = downloads
        self._bundled = bundled

    # What there is

    def models(self) -> list[Installed]:
        """Every model that is there now, with its card where that is known and still true."""
        stored = self._read()
        found: dict[Path, Installed] = {}
        for model in self._found(stored):
            found.setdefault(model.path.resolve(), model)
        return [_with_card(model, stored) for model in found.values()]

    def models_at_hand(self) -> list[Installed]:
        """The bundled models alone, without looking anywhere else on the disk."""
        return [_with_card(model, _Stored()) for model in self._bundled_models()]

    def places(self) -> list[Path]:
        """The files and folders that the person pointed at, whether they are still there or not."""
        return [Path(place) for place in self._read().places]

    def find(self, name: str, models: Iterable[Installed] | None = None) -> Installed | None:
        """The model of that key, path or name; a path of another computer finds by its last part.

        None where there is none, or several of that name.
        """
        known = list(self.models() if models is None else models)
        for model in known:
            if name == model.key:
                return model
        with contextlib.suppress(OSError, ValueError):
            real = Path(name).expanduser().resolve()
            for model in known:
                if real == model.path.resolve():
                    return model
        short = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
        called = [m for m in known if name == m.name or short in (m.path.name, m.path.stem)]
        return called[0] if len(called) == 1 else None

    # What a person does

    def add(self, path: Path) -> list[Installed]:
        """Point at a file or folder from now on; the models found there. RegisterError."""
        path = Path(os.path.abspath(path.expanduser()))
        if not path.exists():
            raise RegisterError(f"There is no file or folder “{path}”.")
        try:
            readable = next(iter(_below(path)), None)
        except OSError as error:
            raise RegisterError(f"“{path}” cannot be read: {error.strerror}.") from error
        if readable is None and path.is_file():
            raise RegisterError(
                f"“{path.name}” is no checkpoint: it holds no tensors, whatever its name."
            )
        if readable is None:
            raise RegisterError(
                f"“{path.name}” holds no models; add a .safetensors or .ckpt file, a diffusers "
                "folder, or a folder with such in it."
            )

        def change(stored: _Stored) -> None:
            if str(path) not in stored.places:
                stored.places.append(str(path))

        self._change(change)
        return [model for model in self.models() if model.place == path]

    def remove(self, model: Installed) -> None:
        """Take a model off the list. Only what the studio downloaded is deleted, and what it has
        unpacked of a pack; RegisterError.

        A model inside a folder goes with the whole folder.
        """
        if model.origin is Origin.BUNDLED:
            raise RegisterError(f"{model.name} comes with the studio and stays.")
        if model.origin is Origin.DOWNLOADED:
            self._delete(model.path)
        forget_unpacked(model.path)

        def change(stored: _Stored) -> None:
            if str(model.place) in stored.places:
                stored.places.remove(str(model.place))
            stored.answers.pop(str(model.path), None)
            stored.cards.pop(str(model.path), None)

        self._change(change)

    def forget(self, place: Path) -> None:
        """Point at a file or folder no longer, whether it is still there or not."""

        def change(stored: _Stored) -> None:
            stored.places = [item for item in stored.places if item != str(place)]

        self._change(change)

    def answer(self, model: Installed, prediction: str) -> None:
        """Remember whether a model predicts "eps" or "v"."""
        if prediction not in PREDICTIONS:
            raise ValueError(f"There is no prediction “{prediction}”.")
        self._change(lambda stored: stored.answers.__setitem__(str(model.path), prediction))

    def describe(self, path: Path, card: ModelCard) -> None:
        """Remember what a file is, until the file changes."""
        self.describe_all({path: card})

    def describe_all(self, cards: dict[Path, ModelCard]) -> None:
        """Remember what several files are."""

        def change(stored: _Stored) -> None:
            for path, card in cards.items():
                record = {"stamp": stamp_of(path), "by": _reader(), "card": card.record()}
                stored.cards[str(path)] = record

        self._change(change)

    # How

    def _found(self, stored: _Stored) -> Iterable[Installed]:
        yield from self._bundled_models()
        for receipt in sorted(self.downloads.glob(f"*/{RECEIPT}")):
            yield from _downloaded(receipt)
        for place in map(Path, stored.places):
            if not place.exists():
                yield _gone(place)
                continue
            origin = Origin.FOLDER if place.is_dir() and not _is_one(place) else Origin.FILE
            with contextlib.suppress(OSError):
                for path in _below(place):
                    yield Installed(
                        key=str(path), name=shown_name(path), path=path, origin=origin, place=place
                    )

    def _bundled_models(self) -> Iterable[Installed]:
        for folder in sorted(config.parent for config in self._bundled.glob("*/config.json")):
            yield Installed(
                key=folder.name, name=folder.name, path=folder, origin=Origin.BUNDLED, place=folder
            )

    def _delete(self, path: Path) -> None:
        folder = path if path.parent == self.downloads else path.parent
        if folder.parent != self.downloads or not (folder / RECEIPT).is_file():
            raise RegisterError(f"“{path}” was not downloaded by the studio and is not deleted.")
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise RegisterError(f"“{folder}” could not be deleted: {error.strerror}.") from error

    def _change(self, function: Callable[[_Stored], object]) -> None:
        stored = self._read()
        function(stored)
        record = {
            "version": _VERSION,
            "places": stored.places,
            "answers": stored.answers,
            "cards": stored.cards,
        }
        temporary = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")
            os.replace(temporary, self.path)
        except OSError as error:
            raise RegisterError(
                f"The list of models could not be written to “{self.path}”: {error.strerror}."
            ) from error

    def _read(self) -> _Stored:
        try:
            record = json.loads(self.path.read_text("utf-8"))
            if not isinstance(record, dict) or record.get("version") != _VERSION:
                raise ValueError("not a register of this version")
            return _Stored(
                places=[str(place) for place in record["places"]],
                answers={str(k): str(v) for k, v in record["answers"].items() if v in PREDICTIONS},
                cards=dict(record["cards"]),
            )
        except FileNotFoundError:
            return _Stored()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("the list of models is not readable: %s", error)
            with contextlib.suppress(OSError):
                os.replace(self.path, self.path.with_name(self.path.name + ".damaged"))
            return _Stored()


def stamp_of(path: Path) -> list[int]:
    """Numbers that change when a model's files do, the configuration beside a file included."""
    files = [path, path.with_suffix(".yaml")] if path.is_file() else sorted(path.rglob("*"))
    total, newest, count = 0, 0, 0
    for file in files:
        with contextlib.suppress(OSError):
            stat = file.stat()
            if file.is_file():
                total, newest, count = (
                    total + stat.st_size,
                    max(newest, stat.st_mtime_ns),
                    count + 1,
                )
    return [count, total, newest]


@cache
def _reader() -> str:
    """Who tells: the studio's count, and the libraries that help it."""
    here = [name for name in _EXTRAS if importlib.util.find_spec(name) is not None]
    return " ".join((str(_READER), *here))


def _with_card(model: Installed, stored: _Stored) -> Installed:
    answer = stored.answers.get(str(model.path))
    known = stored.cards.get(str(model.path))
    if model.card is not None:
        return model
    if (own := own_card(model.path)) is not None:
        return replace(model, card=own)
    if not isinstance(known, dict) or known.get("by") != _reader():
        return replace(model, answer=answer)
    if known.get("stamp") != stamp_of(model.path):
        return replace(model, answer=answer)
    try:
        return replace(model, answer=answer, card=ModelCard.of(known.get("card")))
    except ValueError:
        return replace(model, answer=answer)


def _downloaded(receipt: Path) -> Iterable[Installed]:
    """The models of a finished download; nothing while files of it are missing."""
    folder = receipt.parent
    try:
        told = json.loads(receipt.read_text("utf-8"))
        files = [folder / item["name"] for item in told["files"]]
        name = str(told["name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("download not readable: %s", error)
        return
    if not told.get("lists", True) or not all(file.is_file() for file in files):
        return
    for path in _below(folder):
        yield Installed(key=str(path), name=name, path=path, origin=Origin.DOWNLOADED, place=folder)


def _gone(place: Path) -> Installed:
    return Installed(
        key=str(place),
        name=place.name,
        path=place,
        origin=Origin.FILE,
        place=place,
        card=broken(
            place.name,
            f"“{place}” is not there any more; bring it back, or take it off the list.",
        ),
    )


def _is_one(folder: Path) -> bool:
    try:
        return is_model_folder(folder)
    except OSError:
        return False


def _below(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return candidates(path)
    return [path] if is_checkpoint(path) else []
