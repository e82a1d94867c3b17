"""The materials a person paints with: twenty, and the other labels that some models know.

Ids are 0-based COCO-Stuff indices, of which there are 182.
"""

import json
from dataclasses import dataclass

from studio.contract.places import RESOURCES

UNLABELLED = 255

Rgb = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Material:
    """A label a person paints with.

    ``id`` is the label value in a map (uint8, 0-based COCO-Stuff index), ``gaugan`` and ``ade20k``
    are the 8-bit colours under which other programs know it (``ade20k`` is None where ADE20K has
    no such class).
    """

    id: int
    key: str
    name: str
    name_vi: str
    gaugan: Rgb
    ade20k: Rgb | None


def _rgb(text: str) -> Rgb:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def _load() -> tuple[Material, ...]:
    rows = json.loads((RESOURCES / "palette" / "materials.json").read_text(encoding="utf-8"))
    return tuple(
        Material(
            id=row["id"],
            key=row["key"],
            name=row["name"],
            name_vi=row["name_vi"],
            gaugan=_rgb(row["gaugan"]),
            ade20k=_rgb(row["ade20k"]) if row["ade20k"] else None,
        )
        for row in rows["materials"]
    )


MATERIALS: tuple[Material, ...] = _load()
BY_KEY: dict[str, Material] = {material.key: material for material in MATERIALS}
BY_ID: dict[int, Material] = {material.id: material for material in MATERIALS}


def _load_others() -> tuple[Material, ...]:
    rows = json.loads((RESOURCES / "palette" / "labels.json").read_text(encoding="utf-8"))
    return tuple(
        Material(
            id=row["id"],
            key=f"label-{row['id']}",
            name=row["name"],
            name_vi="",
            gaugan=_rgb(row["colour"]),
            ade20k=None,
        )
        for row in rows["labels"]
    )


OTHER_LABELS: tuple[Material, ...] = _load_others()
"""The labels beside the twenty, for models that know them all. Like GauGAN's, the red of each
colour is its id; green and blue are the studio's own choice.
"""
LABEL_BY_ID: dict[int, Material] = BY_ID | {label.id: label for label in OTHER_LABELS}
