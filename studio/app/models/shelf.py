"""The models as the window sees them: listed at once, looked into behind it."""

import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from studio.app.background import Background
from studio.app.models.helper import Helper
from studio.app.models.own_card import own_card
from studio.app.models.register import Installed, Register, RegisterError
from studio.app.models.word_lists import WordList, class_names, missing_list
from studio.app.orders import Help
from studio.contract.model_card import CardKind, ModelCard, broken
from studio.contract.prompt_tags import Loras
from studio.engine.parts import LORA_TITLE, PartKind, Parts

log = logging.getLogger(__name__)

_TOGETHER = 8
"""So many cards are written to the register at once."""


class Shelf(QObject):
    """``models`` is the register's list as last read, ``loras`` the LoRA files around those models
    and on the list itself. ``changed()`` follows every difference.

    What the register refuses is raised as RegisterError by the coroutines.
    """

    changed = Signal()

    def __init__(
        self,
        register: Register,
        word_lists: Path,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.register = register
        self.word_lists = word_lists
        self.models: tuple[Installed, ...] = ()
        self.places: tuple[Path, ...] = ()
        self.loras: tuple[Path, ...] = ()
        self._background = background
        self._helper: Helper | None = None
        self._asked: list[Path] = []
        self._read: dict[Path, ModelCard] = {}
        self._tried: set[Path] = set()
        self._closed = False
        self._take(register.models_at_hand())

    @property
    def looking(self) -> bool:
        """Whether files are being looked into."""
        return self._helper is not None

    def find(self, name: str) -> Installed | None:
        """The model of that key, path or name, None where there is none or several."""
        return self.register.find(name, self.models)

    def card(self, name: str) -> ModelCard | None:
        """What is known of a model; one of the studio's own format need not be on the list."""
        found = self.find(name)
        return found.card if found else own_card(Path(name).expanduser())

    def exists(self, name: str) -> bool:
        """Whether a model that is not on the list may be used all the same, by its path."""
        return self.find(name) is not None or Path(name).expanduser().exists()

    def help_for(self, name: str) -> Help:
        """What the engine needs to know beside a model's files."""
        found = self.find(name)
        folders = tuple(self.word_lists / key for key in ("clip", "bert"))
        prediction = found.answer if found else None
        return Help(prediction=prediction, word_lists=folders, parts=self.places)

    def loras_here(self, loras: Loras) -> Loras:
        """LoRA files of another computer by their paths here, where there is one of that name."""
        here = {path.name.casefold(): str(path) for path in reversed(self.loras)}

        def found(name: str) -> str:
            if Path(name).exists():
                return name
            return here.get(name.replace("\\", "/").rpartition("/")[2].casefold(), name)

        return tuple((found(name), weight) for name, weight in loras)

    def missing_list(self, model: Installed) -> WordList | None:
        """The word list that a model lacks."""
        if model.card is None or not model.card.usable:
            return None
        return missing_list(model.card, model.path, self.word_lists)

    def class_names(self, name: str) -> tuple[str, ...]:
        """The names of a model's classes, empty where no file tells them."""
        found = self.find(name)
        return class_names(found.path, self.word_lists) if found else ()

    async def refresh(self) -> None:
        """Look again at what is there; new and changed files are looked into."""
        self._tried.clear()
        await self._refresh()

    async def add(self, path: Path) -> list[Installed]:
        """Point at a file or folder; the models found there. RegisterError."""
        added = await self._background.run(self.register.add, path)
        await self.refresh()
        return added

    async def remove(self, model: Installed) -> None:
        """Take a model off the list, and delete it if the studio downloaded it; RegisterError."""
        await self._background.run(self.register.remove, model)
        await self.refresh()

    async def answer(self, model: Installed, prediction: str) -> None:
        """Remember whether a model predicts "eps" or "v"; RegisterError."""
        await self._background.run(self.register.answer, model, prediction)
        await self.refresh()

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        if self._helper is not None:
            self._helper.stop()
            self._helper = None

    async def _refresh(self) -> None:
        models, places, loras = await self._background.run(self._everything)
        self.places = tuple(places)
        different = loras != self.loras
        self.loras = loras
        if not self._take(models) and different:
            self.changed.emit()
        self._look()

    def _everything(self) -> tuple[list[Installed], list[Path], tuple[Path, ...]]:
        models, places = self.register.models(), self.register.places()
        return models, places, _loras(models, places)

    def _take(self, models: list[Installed]) -> bool:
        """Whether anything is different now."""
        if tuple(models) == self.models:
            return False
        self.models = tuple(models)
        self.changed.emit()
        return True

    def _look(self) -> None:
        """Ask a helper about the files that nothing is known of."""
        if self._helper is not None or self._closed:
            return
        unknown = (model.path for model in self.models if model.card is None)
        self._asked = [path for path in unknown if path not in self._tried]
        if not self._asked:
            return
        self._tried.update(self._asked)  # once is enough for a file that changes all the time
        self._helper = Helper("studio.app.models.recogniser_process", self)
        self._helper.answered.connect(self._answered)
        self._helper.ended.connect(self._ended)
        self._helper.start(*({"path": str(path)} for path in self._asked), close=True)
        self.changed.emit()

    @Slot(object)
    def _answered(self, answer: dict[str, Any]) -> None:
        path = Path(answer["path"])
        self._read[path] = ModelCard.of(answer["card"])
        if path in self._asked:
            self._asked.remove(path)
        if len(self._read) >= _TOGETHER:
            self._background.start(self._keep(again=False))

    @Slot(bool)
    def _ended(self, well: bool) -> None:
        if not well and self._asked:
            # the file that it was reading brought it down; the others are asked about again
            path = self._asked[0]
            log.warning("the reading of %s ended badly", path)
            self._tried.difference_update(self._asked[1:])
            sentence = f"Reading {path.name} failed; it is damaged or no checkpoint."
            self._read[path] = broken(path.stem, sentence)
        if self._helper is not None:
            self._helper.deleteLater()
            self._helper = None
        self._background.start(self._keep(again=True))

    async def _keep(self, *, again: bool) -> None:
        cards, self._read = self._read, {}
        try:
            await self._background.run(self.register.describe_all, cards)
        except RegisterError as error:
            log.warning("%s", error)
        if again:
            await self._refresh()
        else:
            self._take(await self._background.run(self.register.models))
        self.changed.emit()


def _loras(models: list[Installed], places: list[Path]) -> tuple[Path, ...]:
    """In the usual folders around models and places, and those that lie on the list themselves."""
    near = Parts((*(model.path for model in models), *places))
    found = {path: path for path in near.files(PartKind.LORA)}
    for model in models:
        card = model.card
        if card is not None and card.kind is CardKind.PART and card.title == LORA_TITLE:
            found.setdefault(model.path, model.path)
    return tuple(sorted(found, key=lambda path: path.name.casefold()))
