"""The picture being worked on: its label map, source and mask, the result, what can be undone."""

import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.document import label_map
from studio.document.formats.maps import write_map
from studio.document.formats.opened import Opened
from studio.document.formats.picture import write_picture
from studio.document.history import History, Patch
from studio.document.mask import Mask, labels_of
from studio.document.painted import Change, Painted

__all__ = ["DEFAULT_PAGE", "Change", "Document"]

DEFAULT_PAGE = Size(512, 512)


@dataclass(frozen=True, eq=False)
class _State:
    """Everything of a document that a whole-document edit can change."""

    labels: bytes = field(repr=False)
    shape: tuple[int, ...]
    picture: np.ndarray | None = field(repr=False)
    request: GenerateRequest | None
    source: np.ndarray | None = field(repr=False)
    mask: bytes = field(repr=False)

    @property
    def cost(self) -> int:
        cost = len(self.labels) + (self.picture.nbytes if self.picture is not None else 0)
        cost += len(self.mask) + (self.source.nbytes if self.source is not None else 0)
        if self.request is not None and self.request.label_map is not None:
            cost += self.request.label_map.nbytes
        return cost


@dataclass(frozen=True, eq=False)
class _MaskPatch:
    """One stroke on the mask."""

    patch: Patch

    @property
    def cost(self) -> int:
        return self.patch.cost


@dataclass(frozen=True, eq=False)
class _Exchange:
    """One whole-document edit: a result arrived, another map was opened, the size changed."""

    before: _State
    after: _State

    @property
    def cost(self) -> int:
        return len(self.before.labels) + self.after.cost


class Document(Painted):
    """A label map uint8 [H, W], the result picture uint8 [h, w, 3] and the request that made it;
    the source picture uint8 [h, w, 3] that a result starts from, and its mask.

    ``labels`` and the mask are painted in place between ``begin`` and ``commit``; everything else
    replaces them.
    """

    def __init__(self, labels: np.ndarray | None = None, path: Path | None = None) -> None:
        super().__init__(
            label_map.blank(DEFAULT_PAGE) if labels is None else label_map.checked(labels)
        )
        self.picture: np.ndarray | None = None
        self.request: GenerateRequest | None = None
        self.source: np.ndarray | None = None
        self.path = path
        self.dirty = False
        self.history: History[Patch | _MaskPatch | _Exchange] = History()
        self.mask = Mask(self._remember_mask)

    def _remember(self, patch: Patch) -> None:
        self.history.add(patch)
        self.dirty = True

    def _remember_mask(self, patch: Patch) -> None:
        self.history.add(_MaskPatch(patch))
        self._tell(Change())

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
        self._exchange(labels, picture, request, *self._source_of(request))

    def set_source(self, source: np.ndarray | None) -> None:
        """Start from another picture uint8 [h, w, 3], or from none; nothing of it is masked."""
        self._exchange(self.labels, self.picture, self.request, source, None)

    def take(self, opened: Opened) -> None:
        """Show what a file held: map, picture or both, as one edit."""
        labels = self.labels if opened.labels is None else label_map.checked(opened.labels)
        picture = opened.picture
        if picture is None and opened.labels is None:
            picture = self.picture
        self._exchange(labels, picture, opened.request, *self._source_of(opened.request))

    def undo(self) -> bool:
        """Take back the last edit; False if there is none."""
        self.commit()
        self.mask.commit()
        return self._travel(self.history.undo(), back=True)

    def redo(self) -> bool:
        """Do the edit again that was taken back; False if there is none."""
        self.commit()
        self.mask.commit()
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

    def _source_of(
        self, request: GenerateRequest | None
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """The source and mask of a request; without a request those that are there."""
        if request is None:
            return self.source, self.mask.labels
        if request.source is None:
            return None, None
        mask = labels_of(request.mask, _size_of(request.source))
        return request.source, mask

    def _exchange(
        self,
        labels: np.ndarray,
        picture: np.ndarray | None,
        request: GenerateRequest | None,
        *source_and_mask: np.ndarray | None,
    ) -> None:
        """Replace what differs, as one edit; not given, source and mask stay as they are."""
        self.commit()
        self.mask.commit()
        before = self._state()
        replaced, changed = labels is not self.labels, picture is not self.picture
        if changed and picture is not None:
            picture = _read_only(picture)
        self.labels, self.picture, self.request = labels, picture, request
        sourced = self._take_source(*source_and_mask) if source_and_mask else False
        self.history.add(_Exchange(before, self._state()))
        self.dirty = True
        self._tell(Change(replaced=replaced, picture=changed, source=sourced))

    def _take_source(self, source: np.ndarray | None, mask: np.ndarray | None) -> bool:
        """Whether anything is different now."""
        if source is self.source and mask is self.mask.labels:
            return False
        if source is not self.source:
            self.source = None if source is None else _read_only(source)
        size = Size(1, 1) if source is None else _size_of(source)
        self.mask.take(label_map.blank(size) if mask is None else mask)
        return True

    def _state(self) -> _State:
        return _State(
            labels=zlib.compress(self.labels.tobytes(), 1),
            shape=self.labels.shape,
            picture=self.picture,
            request=self.request,
            source=self.source,
            mask=zlib.compress(self.mask.labels.tobytes(), 1),
        )

    def _travel(self, edit: Patch | _MaskPatch | _Exchange | None, *, back: bool) -> bool:
        match edit:
            case None:
                return False
            case Patch():
                region = edit.undo(self.labels) if back else edit.redo(self.labels)
                self.dirty = True
                self._tell(Change(region=region))
            case _MaskPatch():
                self.mask.apply(edit.patch, back=back)
                self._tell(Change())
            case _Exchange():
                state = edit.before if back else edit.after
                self.labels = _unpacked(state.labels, state.shape)
                self.picture, self.request = state.picture, state.request
                self.source = state.source
                shape = (1, 1) if state.source is None else state.source.shape[:2]
                self.mask.take(_unpacked(state.mask, shape))
                self.dirty = True
                self._tell(Change(replaced=True, picture=True, source=True))
        return True


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


def _size_of(pixels: np.ndarray) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])


def _unpacked(labels: bytes, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(zlib.decompress(labels), dtype=np.uint8).reshape(shape).copy()
