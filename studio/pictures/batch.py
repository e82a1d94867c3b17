"""What becomes of many files: which picture goes where, and how far each one is."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from studio.pictures.batch_settings import BatchSettings, IfThere
from studio.pictures.finding import pictures_inside
from studio.pictures.naming import free_name, same_name
from studio.pictures.picture import PictureError


class ItemState(StrEnum):
    """How far a picture is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class BatchItem:
    """One picture. ``sentence`` says why it failed or was skipped, or what the output could not
    keep.

    ``target`` is None until it is decided. ``stamp``: the source's time in nanoseconds and length
    in bytes when it was done. ``own``: the program itself keeps the source (a pasted picture, one
    of the history), so that its folder is no place for results.
    """

    source: Path
    target: Path | None = None
    state: ItemState = ItemState.WAITING
    sentence: str = ""
    stamp: tuple[int, int] | None = None
    own: bool = False


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
        """The numbers of the pictures that are still to be begun."""
        return (at for at, item in enumerate(self.items) if item.state is ItemState.WAITING)

    @property
    def unfinished(self) -> bool:
        """Whether a picture waits or was being made."""
        return any(item.state in (ItemState.WAITING, ItemState.RUNNING) for item in self.items)

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
        usual = IfThere.REFUSE
        if replace(earlier.settings, if_there=usual) != replace(self.settings, if_there=usual):
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
    sources: Sequence[Path], settings: BatchSettings, *, recursive: bool = True
) -> BatchPlan:
    """A plan of all pictures among the files and in the folders ``sources``.

    Results of a folder's subfolders go to subfolders of the same names in the settings' folder.
    What is missing is in the plan, failed. No two results get the same name.
    """
    found: dict[Path, Path] = {}  # the source's own path -> where the result goes
    failed: list[BatchItem] = []
    for given in sources:
        given = Path(os.path.abspath(given))
        try:
            for source, folder in _pictures(given, settings, recursive):
                found.setdefault(source, folder)
        except PictureError as problem:
            failed.append(BatchItem(source=given, state=ItemState.FAILED, sentence=str(problem)))
    items = tuple(_named(found, settings))
    made = {item.target for item in items}
    # Where results go to the sources' own folder, those of the last run are no sources.
    items = tuple(item for item in items if item.source not in made)
    return BatchPlan(settings=settings, items=(*items, *failed))


def stamp_of(source: Path) -> tuple[int, int] | None:
    """A file's time and length, by which a change is noticed; None if it is gone."""
    try:
        status = source.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _still_done(item: BatchItem) -> bool:
    if item.state is not ItemState.DONE or item.stamp is None or item.target is None:
        return False
    return item.target.exists() and stamp_of(item.source) == item.stamp


def _pictures(given: Path, settings: BatchSettings, recursive: bool) -> Iterator[tuple[Path, Path]]:
    """Pictures and the folders their results go to."""
    if given.is_file():
        yield given, settings.folder_for(given)
        return
    if not given.is_dir():
        raise PictureError(f"There is no file or folder “{given}”.")
    output, count = settings.folder, 0
    for source in pictures_inside(given, recursive=recursive):
        count += 1
        if output is None:
            yield source, source.parent
        # Results of an earlier run that lie inside the source folder are no sources.
        elif output == given or not source.is_relative_to(output):
            yield source, output / source.parent.relative_to(given)
    if not count:
        raise PictureError(f"In “{given}” there is no picture of a kind that is read here.")


def _named(found: dict[Path, Path], settings: BatchSettings) -> Iterator[BatchItem]:
    taken: set[str] = set()
    for source, folder in found.items():
        target = free_name(folder / settings.name_for(source), taken, on_disk=False)
        taken.add(same_name(target))
        yield BatchItem(source=source, target=target)
