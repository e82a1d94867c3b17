"""The picture being worked on: its label map, the result made from it, and what can be undone."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.contract.materials import UNLABELLED
from studio.contract.request import GenerateRequest
from studio.document import label_map, painting
from studio.document.formats.maps import write_map
from studio.document.formats.opened import Opened
from studio.document.formats.picture import write_picture
from studio.document.history import History, Patch
from studio.document.region import NOWHERE, Region

DEFAULT_PAGE = Size(512, 512)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What has to be drawn again: a region of the map, all of it (perhaps another size), the
    picture."""

    region: Region = NOWHERE
    replaced: bool = False
    picture: bool = False


@dataclass(frozen=True, eq=False)
class _State:
    """Everything of a document that a whole-document edit can change."""

    labels: bytes = field(repr=False)
    shape: tuple[int, ...]
    picture: np.ndarray | None = field(repr=False)
    request: GenerateRequest | None

    @property
    def cost(self) -> int:
        cost = len(self.labels) + (self.picture.nbytes if self.picture is not None else 0)
        if self.request is not None and self.request.label_map is not None:
            cost += self.request.label_map.nbytes
        return cost


@dataclass(frozen=True, eq=False)
class _Exchange:
    """One whole-document edit: a result arrived, another map was opened, the size changed."""

    before: _State
    after: _State

    @property
    def cost(self) -> int:
        return len(self.before.labels) + self.after.cost


class Document:
    """A label map uint8 [H, W], the result picture uint8 [h, w, 3] and the request that made it.

    ``labels`` is painted in place between ``begin`` and ``commit``; everything else replaces it.
    Listeners hear of every change at once, in the thread that made it (the GUI's).
    """

    def __init__(self, labels: np.ndarray | None = None, path: Path | None = None) -> None:
        self.labels = label_map.blank(DEFAULT_PAGE) if labels is None else label_map.checked(labels)
        self.picture: np.ndarray | None = None
        self.request: GenerateRequest | None = None
        self.path = path
        self.dirty = False
        self.history: History[Patch | _Exchange] = History()
        self._listeners: list[Callable[[Change], None]] = []
        self._before: np.ndarray | None = None
        self._touched = NOWHERE

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call ``listener`` after every change."""
        self._listeners.append(listener)

    def ignore(self, listener: Callable[[Change], None]) -> None:
        """Stop calling ``listener``."""
        self._listeners.remove(listener)

    @property
    def size(self) -> Size:
        """Width and height of the map."""
        return label_map.size_of(self.labels)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is painted."""
        return bool((self.labels == UNLABELLED).all())

    # Painting

    @property
    def painting(self) -> bool:
        """Whether a stroke has begun and not ended."""
        return self._before is not None

    def begin(self) -> None:
        """A stroke begins: what is painted until ``commit`` will be undone as one."""
        self.commit()
        self._before = self.labels.copy()
        self._touched = NOWHERE

    def touch(self, region: Region) -> None:
        """The stroke has painted in ``region``."""
        if region:
            self._touched |= region
            self._tell(Change(region=region))

    def commit(self) -> Region:
        """The stroke ends; returns the region it changed, empty if it changed nothing."""
        if self._before is None:
            return NOWHERE
        patch = Patch.between(self._before, self.labels, self._touched)
        self._before = None
        if patch is None:
            return NOWHERE
        self.history.add(patch)
        self.dirty = True
        self._tell(Change())
        return patch.region

    def abandon(self) -> None:
        """Take back the stroke that has begun, as if it had never been."""
        if self._before is not None:
            self.labels[self._touched.slices] = self._before[self._touched.slices]
            self._before = None
            self._tell(Change(region=self._touched))

    def paint(self, function: Callable[[np.ndarray], Region]) -> Region:
        """Do a whole edit at once: ``function`` writes the labels and returns what it touched."""
        self.begin()
        self.touch(function(self.labels))
        return self.commit()

    def replace_material(self, old: int, new: int) -> Region:
        """Turn one material into another everywhere."""
        return self.paint(lambda labels: painting.replace(labels, old, new))

    # Whole-document edits

    def set_map(self, labels: np.ndarray) -> None:
        """Work on another map from now on; ValueError's text is a sentence for the person."""
        self._exchange(label_map.checked(labels), self.picture, self.request)

    def clear(self) -> None:
        """Unlabel the whole map."""
        self.set_map(label_map.blank(self.size))

    def resize(self, size: Size) -> None:
        """Give the map another size; no new label appears."""
        if size != self.size:
            self.set_map(label_map.resized(self.labels, size))

    def set_result(self, picture: np.ndarray, request: GenerateRequest) -> None:
        """A result uint8 [h, w, 3] arrived, made by ``request``; the map stays as it is, but takes
        the picture's proportions if it was stretched to make it."""
        labels = self.labels
        if request.label_map is not None and not _similar(self.size, request.size):
            labels = label_map.resized(labels, _as_large(request.size, self.size))
        self._exchange(labels, picture, request)

    def restore(self, picture: np.ndarray | None, request: GenerateRequest | None) -> None:
        """Go back to an earlier result: its picture and, if it was painted, its map."""
        labels = self.labels
        if request is not None and request.label_map is not None:
            labels = label_map.checked(request.label_map)
        self._exchange(labels, picture, request)

    def take(self, opened: Opened) -> None:
        """Show what a file held: map, picture or both, as one edit."""
        labels = self.labels if opened.labels is None else label_map.checked(opened.labels)
        picture = opened.picture
        if picture is None and opened.labels is None:
            picture = self.picture
        self._exchange(labels, picture, opened.request)

    def undo(self) -> bool:
        """Take back the last edit; False if there is none."""
        self.commit()
        return self._travel(self.history.undo(), back=True)

    def redo(self) -> bool:
        """Do the edit again that was taken back; False if there is none."""
        self.commit()
        return self._travel(self.history.redo(), back=False)

    def save(self, path: Path) -> None:
        """Write everything to a PNG: the picture with its settings and map, or the map alone.

        Raises FileError with a sentence; the file that was there stays whole then.
        """
        if self.picture is not None:
            write_picture(path, self.picture, self.request, self.labels)
        else:
            write_map(path, self.labels)
        self.path, self.dirty = path, False
        self._tell(Change())

    def _exchange(
        self, labels: np.ndarray, picture: np.ndarray | None, request: GenerateRequest | None
    ) -> None:
        self.commit()
        before = self._state()
        replaced, changed = labels is not self.labels, picture is not self.picture
        if changed and picture is not None:
            picture = _read_only(picture)
        self.labels, self.picture, self.request = labels, picture, request
        self.history.add(_Exchange(before, self._state()))
        self.dirty = True
        self._tell(Change(replaced=replaced, picture=changed))

    def _state(self) -> _State:
        packed = zlib.compress(self.labels.tobytes(), 1)
        return _State(packed, self.labels.shape, self.picture, self.request)

    def _travel(self, edit: Patch | _Exchange | None, *, back: bool) -> bool:
        match edit:
            case None:
                return False
            case Patch():
                region = edit.undo(self.labels) if back else edit.redo(self.labels)
                self.dirty = True
                self._tell(Change(region=region))
            case _Exchange():
                state = edit.before if back else edit.after
                flat = np.frombuffer(zlib.decompress(state.labels), dtype=np.uint8)
                self.labels = flat.reshape(state.shape).copy()
                self.picture, self.request = state.picture, state.request
                self.dirty = True
                self._tell(Change(replaced=True, picture=True))
        return True

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)


def _similar(one: Size, other: Size) -> bool:
    """Whether two sizes have the same proportions to within four hundredths."""
    return abs(one.width * other.height / (one.height * other.width) - 1) < 0.04


def _as_large(proportions: Size, page: Size) -> Size:
    """A size of the given proportions whose longer side is the page's."""
    scale = max(page.width, page.height) / max(proportions.width, proportions.height)
    return Size(max(1, round(proportions.width * scale)), max(1, round(proportions.height * scale)))


def _read_only(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError("A picture must be an array of 8-bit RGB pixels.")
    frozen = np.array(pixels, order="C")
    frozen.flags.writeable = False
    return frozen
