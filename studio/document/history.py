"""Undo and redo: compressed differences in a bounded amount of memory."""

import zlib
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from studio.document.region import Region

DEFAULT_BUDGET = 256 * 2**20
DEFAULT_DEPTH = 1000
_FAST = 1


class Edit(Protocol):
    """Something that was done; ``cost`` is what remembering it takes in bytes."""

    @property
    def cost(self) -> int: ...


E = TypeVar("E", bound=Edit)


@dataclass(frozen=True)
class Patch:
    """What one stroke changed in a label map: a region, a packed mask, old and new labels."""

    region: Region
    mask: bytes
    old: bytes
    new: bytes

    @classmethod
    def between(cls, before: np.ndarray, after: np.ndarray, region: Region) -> "Patch | None":
        """The difference of two maps uint8 [H, W] inside a region; None if nothing changed."""
        region &= Region.whole(after)
        changed = before[region.slices] != after[region.slices]
        tight = Region.of(changed)
        if not tight:
            return None
        changed = changed[tight.slices]
        region = Region(
            region.left + tight.left,
            region.top + tight.top,
            region.left + tight.right,
            region.top + tight.bottom,
        )
        return cls(
            region,
            zlib.compress(np.packbits(changed).tobytes(), _FAST),
            zlib.compress(before[region.slices][changed].tobytes(), _FAST),
            zlib.compress(after[region.slices][changed].tobytes(), _FAST),
        )

    @property
    def cost(self) -> int:
        return len(self.mask) + len(self.old) + len(self.new) + 200

    def undo(self, labels: np.ndarray) -> Region:
        """Put the old labels back in place; returns the region touched."""
        return self._write(labels, self.old)

    def redo(self, labels: np.ndarray) -> Region:
        """Put the new labels in place again; returns the region touched."""
        return self._write(labels, self.new)

    def _write(self, labels: np.ndarray, values: bytes) -> Region:
        bits = np.frombuffer(zlib.decompress(self.mask), dtype=np.uint8)
        count = self.region.width * self.region.height
        mask = np.unpackbits(bits, count=count).astype(bool)
        target = labels[self.region.slices]
        target[mask.reshape(target.shape)] = np.frombuffer(zlib.decompress(values), dtype=np.uint8)
        return self.region


class History(Generic[E]):
    """What can be undone and redone, the oldest forgotten when ``budget`` bytes are exceeded.

    The newest edit is kept whatever it costs.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET, depth: int = DEFAULT_DEPTH) -> None:
        self.budget = budget
        self.depth = depth
        self._done: list[E] = []
        self._undone: list[E] = []

    def add(self, edit: E) -> None:
        """Remember what was just done; what had been undone before can't be redone any more."""
        self._undone.clear()
        self._done.append(edit)
        while len(self._done) > 1 and (len(self._done) > self.depth or self.cost > self.budget):
            del self._done[0]

    def undo(self) -> E | None:
        """The edit to take back, None if there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> E | None:
        """The edit to do again, None if there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def cost(self) -> int:
        """Bytes held for both directions."""
        return sum(edit.cost for edit in (*self._done, *self._undone))

    def __len__(self) -> int:
        return len(self._done)
