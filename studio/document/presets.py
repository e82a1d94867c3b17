"""The example maps that come with the studio."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.contract.places import RESOURCES
from studio.document.formats.maps import read_map

_FOLDER = RESOURCES / "maps"


@dataclass(frozen=True, kw_only=True)
class PresetRow:
    """An example map: its key, its name in English and Vietnamese, and its file."""

    key: str
    name: str
    name_vi: str

    @property
    def path(self) -> Path:
        return _FOLDER / f"{self.key}.png"

    def labels(self) -> np.ndarray:
        """The map, uint8 [H, W]; FileError if the file is missing or damaged."""
        labels = read_map(self.path).labels
        assert labels is not None
        return labels


def _load() -> tuple[PresetRow, ...]:
    rows = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))["maps"]
    return tuple(
        PresetRow(key=row["key"], name=row["name"], name_vi=row["name_vi"]) for row in rows
    )


PRESETS: tuple[PresetRow, ...] = _load()
