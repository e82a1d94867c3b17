"""What is known of a model without loading it."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class CardKind(StrEnum):
    """``MODEL`` makes pictures; ``PART`` belongs to a model (a first stage, a LoRA, a ControlNet);
    ``BROKEN`` cannot be used, and the card's ``problem`` says why.
    """

    MODEL = "model"
    PART = "part"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """``capabilities`` are those of contract.catalog, ``needs`` those of them that a request cannot
    go without; ``prediction`` None in a model: the files do
    not tell eps from v, and a person must. ``classes`` counts those of a class-conditional model,
    ``labels`` those its label maps may hold (0: the twenty materials). ``side`` is the shorter side
    in pixels of the pictures it was made for, 0 = unknown.
    """

    kind: CardKind
    title: str
    family: str = ""
    licence: str = ""
    nbytes: int = 0
    dtypes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    prediction: str | None = None
    classes: int = 0
    labels: int = 0
    side: int = 0
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether pictures can be made with it."""
        return self.kind is CardKind.MODEL

    def can(self, capability: str) -> bool:
        """Whether it has a capability."""
        return capability in self.capabilities

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "kind": self.kind.value}

    @classmethod
    def of(cls, record: object) -> "ModelCard":
        """The card such values stand for; ValueError for anything else."""
        if not isinstance(record, dict):
            raise ValueError("no card")
        names = {item.name for item in fields(cls)}
        try:
            values = {name: value for name, value in record.items() if name in names}
            values["kind"] = CardKind(values["kind"])
            for name in ("dtypes", "capabilities", "needs"):
                values[name] = tuple(str(item) for item in values.get(name, ()))
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("an incomplete card") from error


def broken(title: str, problem: str, nbytes: int = 0) -> ModelCard:
    """The card of a file that cannot be used."""
    return ModelCard(kind=CardKind.BROKEN, title=title, problem=problem, nbytes=nbytes)
