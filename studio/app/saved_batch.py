"""A batch of files to enlarge as it stands, so that it can be taken up after the program ended."""

import contextlib
import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from studio.app.upscale_task import UpscaleOptions
from studio.contract.geometry import Size
from studio.contract.upscaling import UpscaleMode

_VERSION = 1


class FileState(StrEnum):
    """Where one file of a batch stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class IfThere(StrEnum):
    """What to do when the file to be written is there already."""

    KEEP_BOTH = "keep both"
    REPLACE = "replace"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Where results are written and how: ``folder`` None is beside each picture; ``fallback`` is
    for pictures that have no folder of their own. ``format`` is a key of the formats table.
    """

    folder: Path | None
    fallback: Path
    pattern: str
    format: str
    quality: int


@dataclass(frozen=True, kw_only=True)
class SavedFile:
    """One file: where it stands, where its result is or will be, and what is said of it.

    ``own``: the studio itself keeps the file (a pasted picture, one of the history), so its folder
    is no place for results.
    """

    source: Path
    target: Path | None = None
    state: FileState = FileState.WAITING
    sentence: str = ""
    own: bool = False


@dataclass(frozen=True, kw_only=True)
class SavedBatch:
    """The whole batch with the settings it was begun with."""

    options: UpscaleOptions
    naming: Naming
    if_there: IfThere
    files: tuple[SavedFile, ...]

    @property
    def unfinished(self) -> bool:
        return any(file.state in (FileState.WAITING, FileState.RUNNING) for file in self.files)

    def to_json(self) -> str:
        options, naming = self.options, self.naming
        within = options.within
        return json.dumps(
            {
                "version": _VERSION,
                "options": {
                    "model": options.model,
                    "scale": options.scale,
                    "within": [within.width, within.height] if within is not None else None,
                    "mode": options.mode.value,
                    "strength": options.strength,
                    "repair": options.repair,
                    "seed": options.seed,
                },
                "naming": {
                    "folder": str(naming.folder) if naming.folder is not None else None,
                    "fallback": str(naming.fallback),
                    "pattern": naming.pattern,
                    "format": naming.format,
                    "quality": naming.quality,
                },
                "if_there": self.if_there.value,
                "files": [
                    {
                        "source": str(file.source),
                        "target": str(file.target) if file.target is not None else None,
                        "state": file.state.value,
                        "sentence": file.sentence,
                        "own": file.own,
                    }
                    for file in self.files
                ],
            },
            ensure_ascii=False,
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> "SavedBatch":
        """What ``to_json`` wrote; raises ValueError for anything else."""
        try:
            stored = json.loads(text)
            if stored["version"] != _VERSION:
                raise ValueError(f"a plan of version {stored['version']}")
            return cls(
                options=_options(stored["options"]),
                naming=_naming(stored["naming"]),
                if_there=IfThere(stored["if_there"]),
                files=tuple(_file(row) for row in stored["files"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a plan of a batch: {error!r}") from error


def _options(stored: dict[str, Any]) -> UpscaleOptions:
    within = stored["within"]
    return UpscaleOptions(
        model=str(stored["model"]),
        scale=float(stored["scale"]),
        within=Size(*within) if within is not None else None,
        mode=UpscaleMode(stored["mode"]),
        strength=float(stored["strength"]),
        repair=float(stored["repair"]),
        seed=int(stored["seed"]),
    )


def _naming(stored: dict[str, Any]) -> Naming:
    folder = stored["folder"]
    return Naming(
        folder=Path(folder) if folder is not None else None,
        fallback=Path(stored["fallback"]),
        pattern=str(stored["pattern"]),
        format=str(stored["format"]),
        quality=int(stored["quality"]),
    )


def _file(stored: dict[str, Any]) -> SavedFile:
    target = stored["target"]
    return SavedFile(
        source=Path(stored["source"]),
        target=Path(target) if target is not None else None,
        state=FileState(stored["state"]),
        sentence=str(stored["sentence"]),
        own=bool(stored["own"]),
    )


def write_batch(path: Path, plan: SavedBatch | None) -> None:
    """Keep the plan, or nothing; raises OSError where the disk refuses."""
    if plan is None:
        path.unlink(missing_ok=True)
        return
    temporary = path.with_suffix(".new")
    temporary.write_text(plan.to_json(), "utf-8")
    os.replace(temporary, path)


def read_batch(path: Path) -> SavedBatch | None:
    """The plan that was kept, None if there is none that can be read."""
    with contextlib.suppress(OSError, ValueError):
        return SavedBatch.from_json(path.read_text("utf-8"))
    return None
