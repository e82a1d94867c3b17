"""ADE20K's 150 classes, and which of them each of the 182 COCO-Stuff labels comes nearest to.

Photographic models that are steered by a map know these classes by their colours.
"""

import json
from dataclasses import dataclass

import numpy as np

from studio.contract.materials import Rgb
from studio.contract.places import RESOURCES


@dataclass(frozen=True, kw_only=True)
class AdeClass:
    """A class and the 8-bit colour that it is painted in."""

    name: str
    colour: Rgb


def _load() -> tuple[tuple[AdeClass, ...], tuple[int, ...]]:
    told = json.loads((RESOURCES / "palette" / "ade20k.json").read_text(encoding="utf-8"))
    classes = []
    for row in told["classes"]:
        red, green, blue = bytes.fromhex(row["colour"].removeprefix("#"))
        classes.append(AdeClass(name=row["name"], colour=(red, green, blue)))
    numbers = {row.name: number for number, row in enumerate(classes)}
    return tuple(classes), tuple(numbers[name] for name in told["of_coco_stuff"].values())


CLASSES, OF_LABEL = _load()
"""The classes in ADE20K's order, and for each label (0-based COCO-Stuff index) its class."""


def _table() -> np.ndarray:
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(OF_LABEL)] = [CLASSES[number].colour for number in OF_LABEL]
    table.flags.writeable = False
    return table


COLOURS: np.ndarray = _table()
"""uint8 [256, 3]: each label's class's colour; what has no label is black, as in ADE20K's maps."""
