"""What becomes of many files: which picture goes where, and how far each one is."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.contract.upscaling import DEFAULT_UPSCALER, NATIVE_SCALE, UpscaleMode, UpscaleRequest
from studio.pictures import naming
from studio.pictures.formats import BY_KEY_OUT, FORMATS_IN, format_like, looks_like_picture
from studio.pictures.picture import Picture, PictureError

SAME_FORMAT = "same"
"""Each picture is written in the format it came in, or as PNG where that is only read."""


class ItemState(StrEnum):
    """How far a picture is. What was being made when the program ended is still waiting."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """What is done to every picture of a batch; ValueError's text is a sentence.

    ``format``: a key of FORMATS_OUT or SAME_FORMAT; ``quality``: 1..100, None = the format's own;
    ``pattern`` names the files, see naming.py; the rest is as in UpscaleRequest.
    """

    scale: float | None = None
    target: Size | None = None
    mode: UpscaleMode = UpscaleMode.FAITHFUL
    strength: float = 0.5
    repair: float = 0.0
    seed: int = 0
    model: str = DEFAULT_UPSCALER
    tile: int | None = None
    format: str = "png"
    quality: int | None = None
    pattern: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.format != SAME_FORMAT and self.format not in BY_KEY_OUT:
            known = ", ".join((*BY_KEY_OUT, SAME_FORMAT))
            raise ValueError(f"There is no output format “{self.format}”; choose one of {known}.")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise ValueError(f"The quality must lie between 1 and 100, not {self.quality}.")
        try:
            naming.check_pattern(self.name_pattern)
        except PictureError as problem:
            raise ValueError(str(problem)) from problem
        self._request(np.zeros((1, 1, 1), dtype=np.uint8))  # says what is wrong with the rest

    @property
    def name_pattern(self) -> str:
        """The pattern that names the files."""
        usual = naming.DEFAULT_PATTERN if self.target is None else naming.SIZE_PATTERN
        return self.pattern if self.pattern is not None else usual

    def request(self, picture: Picture) -> UpscaleRequest:
        """What the engine is asked for; ValueError with a sentence if it would be too large."""
        return self._request(picture.pixels)

    def _request(self, pixels: np.ndarray) -> UpscaleRequest:
        return UpscaleRequest(
            pixels=pixels,
            model=self.model,
            scale=self.scale,
            target=self.target,
            mode=self.mode,
            strength=self.strength,
            repair=self.repair,
            seed=self.seed,
            tile=self.tile,
        )

    def format_for(self, source: Path) -> str:
        """The key of the format that a source is written in, by its suffix."""
        if self.format != SAME_FORMAT:
            return self.format
        keys = (row.key for row in FORMATS_IN if source.suffix.lower() in row.suffixes)
        return format_like(next(keys, "png")).key

    def name_for(self, source: Path) -> str:
        """The file name that a source's enlargement gets."""
        return naming.file_name(
            source,
            BY_KEY_OUT[self.format_for(source)].suffix,
            pattern=self.name_pattern,
            scale=self.target or self.scale or float(NATIVE_SCALE),
            mode=self.mode.value,
            model=self.model,
        )


@dataclass(frozen=True, kw_only=True)
class BatchItem:
    """One picture. ``sentence`` says why it was refused, or what the output could not keep.

    ``stamp``: the source's time in nanoseconds and length in bytes when it was done.
    """

    source: Path
    target: Path
    state: ItemState = ItemState.WAITING
    sentence: str = ""
    stamp: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """Pictures in the order they are done in."""

    settings: BatchSettings
    items: tuple[BatchItem, ...] = field(default=(), repr=False)

    def count(self, state: ItemState) -> int:
        """How many pictures are in a state."""
        return sum(item.state is state for item in self.items)

    @property
    def waiting(self) -> Iterator[int]:
        """The numbers of the pictures that are still to be done."""
        return (at for at, item in enumerate(self.items) if item.state is ItemState.WAITING)

    def marked(self, at: int, state: ItemState, sentence: str = "") -> "BatchPlan":
        """The same plan with picture ``at`` in another state."""
        old = self.items[at]
        stamp = stamp_of(old.source) if state is ItemState.DONE else None
        item = replace(old, state=state, sentence=sentence, stamp=stamp)
        return replace(self, items=(*self.items[:at], item, *self.items[at + 1 :]))

    def going_on(self, earlier: "BatchPlan") -> "BatchPlan":
        """The same plan without the work that an earlier run has done.

        That is what it wrote with the same settings from a source that has not changed since.
        """
        if replace(earlier.settings, overwrite=False) != replace(self.settings, overwrite=False):
            return self
        done = {item.target: item for item in earlier.items if _still_done(item)}
        items = (
            done[item.target]
            if item.target in done and done[item.target].source == item.source
            else item
            for item in self.items
        )
        return replace(self, items=tuple(items))


def plan_batch(
    sources: Sequence[Path],
    settings: BatchSettings,
    *,
    output: Path | None = None,
    recursive: bool = True,
) -> BatchPlan:
    """A plan of all pictures among the files and in the folders ``sources``.

    The results go to the folder ``output``, those of a folder's subfolders to subfolders of the
    same names there, or beside the sources if it is None. What is missing is in the plan, refused.
    No two results get the same name.
    """
    found: dict[Path, Path] = {}  # the source's own path -> where the result goes
    refused: list[BatchItem] = []
    for given in sources:
        given = Path(os.path.abspath(given))
        try:
            for source, folder in _pictures(given, output, recursive):
                found.setdefault(source, folder)
        except PictureError as problem:
            refused.append(
                BatchItem(
                    source=given, target=given, state=ItemState.REFUSED, sentence=str(problem)
                )
            )
    items = tuple(_named(found, settings))
    made = {item.target for item in items}
    # Where results go to the sources' own folder, those of the last run are no sources.
    items = tuple(item for item in items if item.source not in made)
    return BatchPlan(settings=settings, items=(*items, *refused))


def stamp_of(source: Path) -> tuple[int, int] | None:
    """A file's time and length, by which a change is noticed; None if it is gone."""
    try:
        status = source.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _still_done(item: BatchItem) -> bool:
    if item.state is not ItemState.DONE or item.stamp is None:
        return False
    return item.target.exists() and stamp_of(item.source) == item.stamp


def _pictures(given: Path, output: Path | None, recursive: bool) -> Iterator[tuple[Path, Path]]:
    """Pictures and the folders their results go to."""
    if given.is_file():
        yield given, output or given.parent
        return
    if not given.is_dir():
        raise PictureError(f"There is no file or folder “{given}”.")
    count = 0
    for folder, names in _folders(given, recursive):
        # Results of an earlier run that lie inside the source folder are no sources.
        if output is not None and output != given and folder.is_relative_to(output):
            continue
        for name in names:
            if looks_like_picture(Path(name)) and not name.startswith("."):
                count += 1
                yield (
                    folder / name,
                    (output / folder.relative_to(given) if output is not None else folder),
                )
    if not count:
        raise PictureError(f"In “{given}” there is no picture of a kind that is read here.")


def _folders(top: Path, recursive: bool) -> Iterator[tuple[Path, list[str]]]:
    def say(error: OSError) -> None:
        raise PictureError(f"“{error.filename}” can't be looked into ({error.strerror}).")

    for folder, inner, names in os.walk(top, onerror=say):
        inner[:] = sorted(name for name in inner if not name.startswith(".")) if recursive else []
        yield Path(folder), sorted(names)


def _named(found: dict[Path, Path], settings: BatchSettings) -> Iterator[BatchItem]:
    taken: set[str] = set()
    for source, folder in found.items():
        target = folder / settings.name_for(source)
        yield BatchItem(source=source, target=_free(target, taken))


def _free(target: Path, taken: set[str]) -> Path:
    """A name that no other result of the plan has, also where case does not count."""
    candidate = target
    for number in itertools.count(2):
        key = os.path.normcase(candidate).casefold()
        if key not in taken:
            break
        candidate = target.with_stem(f"{target.stem}-{number}")
    taken.add(key)
    return candidate
