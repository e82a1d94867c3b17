"""The picture being worked on: its label map, what else steers it, the result, and undo."""

import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.contract.request import Box, GenerateRequest
from studio.document import label_map
from studio.document.formats.maps import write_map
from studio.document.formats.opened import Opened
from studio.document.formats.picture import write_picture
from studio.document.history import History, Patch
from studio.document.mask import Mask, labels_of
from studio.document.painted import Change, Painted

__all__ = ["DEFAULT_PAGE", "Change", "Document", "Guides"]

DEFAULT_PAGE = Size(512, 512)


@dataclass(frozen=True, eq=False)
class _State:
    """Everything of a document that a whole-document edit can change."""

    labels: bytes = field(repr=False)
    shape: tuple[int, ...]
    picture: np.ndarray | None = field(repr=False)
    request: GenerateRequest | None
    drawn_map: np.ndarray | None = field(repr=False)
    source: np.ndarray | None = field(repr=False)
    mask: bytes = field(repr=False)
    depth: np.ndarray | None = field(repr=False)
    boxes: tuple[Box, ...]

    @property
    def cost(self) -> int:
        cost = len(self.labels) + len(self.mask)
        for pixels in (self.picture, self.drawn_map, self.source, self.depth):
            cost += pixels.nbytes if pixels is not None else 0
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Guides:
    """What a picture starts from beside the label map: the source uint8 [h, w, 3] with its mask as
    labels uint8 [h, w], the depth picture uint8 [h, w], and the boxes of objects.
    """

    source: np.ndarray | None = None
    mask: np.ndarray | None = None
    depth: np.ndarray | None = None
    boxes: tuple[Box, ...] = ()


class Document(Painted):
    """A label map uint8 [H, W], the result picture uint8 [h, w, 3] and the request that made it,
    with the map uint8 [h, w] if the model drew one from the words; the guides beside the map, see
    Guides.

    ``labels`` and the mask are painted in place between ``begin`` and ``commit``; everything else
    replaces them.
    """

    def __init__(
        self,
        labels: np.ndarray | None = None,
        path: Path | None = None,
        guides: Guides | None = None,
    ) -> None:
        super().__init__(
            label_map.blank(DEFAULT_PAGE) if labels is None else label_map.checked(labels)
        )
        self.picture: np.ndarray | None = None
        self.request: GenerateRequest | None = None
        self.drawn_map: np.ndarray | None = None
        self.source: np.ndarray | None = None
        self.depth: np.ndarray | None = None
        self.boxes: tuple[Box, ...] = ()
        self.path = path
        self.dirty = False
        self.history: History[Patch | _MaskPatch | _Exchange] = History()
        self.mask = Mask(self._remember_mask)
        if guides is not None:
            self._take_guides(guides)

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

    def set_result(
        self, picture: np.ndarray, request: GenerateRequest, drawn_map: np.ndarray | None = None
    ) -> None:
        """A result uint8 [h, w, 3] arrived, made by ``request``; the map stays as it is, but takes
        the picture's proportions if it was stretched to make it. ``drawn_map`` is the model's own.
        """
        labels = self.labels
        if request.label_map is not None and not _similar(self.size, request.size):
            labels = label_map.resized(labels, _as_large(request.size, self.size))
        self._exchange(labels, picture, request, drawn_map=drawn_map)

    def take_drawn_map(self) -> None:
        """Paint on from the map that the model drew, as finely as the map that it replaces."""
        if self.drawn_map is not None:
            size = _as_large(_size_of(self.drawn_map), self.size)
            self.set_map(label_map.resized(self.drawn_map, size))

    @property
    def guides(self) -> Guides:
        """What there is now beside the map."""
        return Guides(source=self.source, mask=self.mask.labels, depth=self.depth, boxes=self.boxes)

    def set_source(self, source: np.ndarray | None) -> None:
        """Start from another picture uint8 [h, w, 3], or from none; nothing of it is masked."""
        self._set_guides(replace(self.guides, source=source, mask=None))

    def set_depth(self, depth: np.ndarray | None) -> None:
        """Follow another depth picture uint8 [h, w], 255 = nearest, or none."""
        self._set_guides(replace(self.guides, depth=depth))

    def set_boxes(self, boxes: tuple[Box, ...]) -> None:
        """Ask for other objects, or elsewhere."""
        if boxes != self.boxes:
            self._set_guides(replace(self.guides, boxes=boxes))

    def _set_guides(self, guides: Guides) -> None:
        self._exchange(self.labels, self.picture, self.request, guides)

    def take(self, opened: Opened) -> None:
        """Show what a file held: map, picture or both, as one edit."""
        labels = self.labels if opened.labels is None else label_map.checked(opened.labels)
        picture = opened.picture
        if picture is None and opened.labels is None:
            picture = self.picture
        drawn = self.drawn_map if picture is self.picture else opened.drawn_map
        self._exchange(
            labels, picture, opened.request, self._guides_of(opened.request), drawn_map=drawn
        )

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
            write_picture(path, self.picture, self.request, self.labels, self.drawn_map)
        else:
            write_map(path, self.labels)
        self.path, self.dirty = path, False
        self._tell(Change())

    def _guides_of(self, request: GenerateRequest | None) -> Guides:
        """Those of a request; without a request those that are there."""
        if request is None:
            return self.guides
        source, mask = request.source, None
        if source is not None:
            mask = labels_of(request.mask, _size_of(source))
        return Guides(source=source, mask=mask, depth=request.depth, boxes=request.boxes)

    def _exchange(
        self,
        labels: np.ndarray,
        picture: np.ndarray | None,
        request: GenerateRequest | None,
        guides: Guides | None = None,
        drawn_map: np.ndarray | None = None,
    ) -> None:
        """Replace what differs, as one edit; not given, the guides stay as they are, and so does
        the map that was drawn for a picture that stays.
        """
        self.commit()
        self.mask.commit()
        before = self._state()
        replaced, changed = labels is not self.labels, picture is not self.picture
        if changed and picture is not None:
            picture = _read_only(picture)
        self.labels, self.picture, self.request = labels, picture, request
        if changed or drawn_map is not None:
            self.drawn_map = drawn_map
        guided = Change() if guides is None else self._take_guides(guides)
        self.history.add(_Exchange(before, self._state()))
        self.dirty = True
        self._tell(replace(guided, replaced=replaced, picture=changed))

    def _take_guides(self, guides: Guides) -> Change:
        """What is different now."""
        sourced = guides.source is not self.source or guides.mask is not self.mask.labels
        if guides.source is not self.source:
            self.source = None if guides.source is None else _read_only(guides.source)
        if sourced:
            size = Size(1, 1) if self.source is None else _size_of(self.source)
            self.mask.take(label_map.blank(size) if guides.mask is None else guides.mask)
        deeper, boxed = guides.depth is not self.depth, guides.boxes != self.boxes
        if deeper:
            self.depth = None if guides.depth is None else _read_only_grey(guides.depth)
        self.boxes = guides.boxes
        return Change(source=sourced, depth=deeper, boxes=boxed)

    def _state(self) -> _State:
        return _State(
            labels=zlib.compress(self.labels.tobytes(), 1),
            shape=self.labels.shape,
            picture=self.picture,
            request=self.request,
            drawn_map=self.drawn_map,
            source=self.source,
            mask=zlib.compress(self.mask.labels.tobytes(), 1),
            depth=self.depth,
            boxes=self.boxes,
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
                self.drawn_map = state.drawn_map
                self.source, self.depth, self.boxes = state.source, state.depth, state.boxes
                shape = (1, 1) if state.source is None else state.source.shape[:2]
                self.mask.take(_unpacked(state.mask, shape))
                self.dirty = True
                self._tell(Change(replaced=True, picture=True, source=True, depth=True, boxes=True))
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


def _read_only_grey(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise ValueError("A depth picture must be an array of 8-bit greys.")
    frozen = np.array(pixels, order="C")
    frozen.flags.writeable = False
    return frozen


def _size_of(pixels: np.ndarray) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])


def _unpacked(labels: bytes, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(zlib.decompress(labels), dtype=np.uint8).reshape(shape).copy()
