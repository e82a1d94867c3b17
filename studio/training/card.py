"""The figures in a model's card (README.md beside its weights)."""

import os
from pathlib import Path
from typing import Protocol

from studio.contract.places import MODELS, SHEETS


class Report(Protocol):
    """Figures as a Markdown table."""

    def as_table(self) -> str: ...


BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def sheet_of(folder: Path) -> Path:
    """Where the sheet of samples of a model folder lies: beside its card, and that of a bundled
    model among the resources, as the bundled models have to stay small.
    """
    if folder.resolve().parent == MODELS:
        return SHEETS / f"{folder.resolve().name}.webp"
    return folder / "sheet.webp"


def write_card(folder: Path, report: Report) -> None:
    """Put the table between the card's markers, adding them at the end when they are missing."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8") if card.exists() else f"# {folder.name}\n"
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n## Figures\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    part = card.with_suffix(".part")
    part.write_text(f"{before}{BEGIN}\n{report.as_table()}\n{END}{after}", encoding="utf-8")
    os.replace(part, card)
