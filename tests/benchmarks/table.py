"""Figures beside their goals."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A measured figure, the most it should be, and how it was spread."""

    what: str
    value: float
    goal: float
    unit: str
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.value <= self.goal

    def __str__(self) -> str:
        verdict = "reached" if self.reached else "MISSED"
        figure = f"{self.value:8.2f} {self.unit:<2}"
        return (
            f"{self.what:<52}{figure}  at most {self.goal:g} {self.unit:<2}  {verdict}  {self.note}"
        )


def show(rows: Iterable[Row]) -> None:
    """Print one line each, as soon as it is known."""
    for row in rows:
        print(row, flush=True)
