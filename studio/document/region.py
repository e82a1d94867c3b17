"""Rectangles of pixels: what a stroke changed and what has to be drawn again."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Region:
    """A half-open rectangle of pixels, ``left <= x < right`` and ``top <= y < bottom``."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def whole(cls, labels: np.ndarray) -> "Region":
        """Everything of an array [H, W, ...]."""
        return cls(0, 0, labels.shape[1], labels.shape[0])

    @classmethod
    def of(cls, mask: np.ndarray) -> "Region":
        """The smallest region around the true pixels of a bool [H, W]; empty if there are none."""
        rows = np.flatnonzero(mask.any(axis=1))
        if not rows.size:
            return NOWHERE
        columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
        return cls(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

    def __bool__(self) -> bool:
        return self.left < self.right and self.top < self.bottom

    def __or__(self, other: "Region") -> "Region":
        """The smallest region that holds both."""
        if not self or not other:
            return self or other
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def __and__(self, other: "Region") -> "Region":
        """What both hold."""
        common = Region(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return common if common else NOWHERE

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing an array [H, W, ...]."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def width(self) -> int:
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        return max(0, self.bottom - self.top)


NOWHERE = Region(0, 0, 0, 0)
