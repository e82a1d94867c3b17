"""The part of a source picture that shall be repainted."""

from collections.abc import Callable

import numpy as np

from studio.contract.geometry import Size
from studio.contract.materials import UNLABELLED
from studio.document import label_map
from studio.document.history import Patch
from studio.document.painted import Change, Painted
from studio.document.region import Region

REPAINT = 1
"""The one label of a mask; everything else is kept."""


class Mask(Painted):
    """Of its source's size; ``remember(patch)`` puts a stroke into the document's history."""

    def __init__(self, remember: Callable[[Patch], None]) -> None:
        super().__init__(label_map.blank(Size(1, 1)))
        self._history = remember

    @property
    def pixels(self) -> np.ndarray | None:
        """uint8 [H, W], 255 = repaint, as a request has it; None where nothing is painted."""
        if self.is_blank:
            return None
        return np.where(self.labels == REPAINT, np.uint8(255), np.uint8(0))

    def invert(self) -> None:
        """Keep what would be repainted, repaint what would be kept."""

        def flip(labels: np.ndarray) -> Region:
            labels[...] = np.where(labels == REPAINT, UNLABELLED, REPAINT)
            return Region.whole(labels)

        self.paint(flip)

    def clear(self) -> None:
        """Keep everything."""

        def wipe(labels: np.ndarray) -> Region:
            labels[...] = UNLABELLED
            return Region.whole(labels)

        self.paint(wipe)

    def take(self, labels: np.ndarray) -> None:
        """Become another mask; the document keeps the history of that."""
        self._before = None
        self.labels = labels
        self._tell(Change(replaced=True))

    def apply(self, patch: Patch, *, back: bool) -> None:
        """Undo or redo a stroke."""
        region = patch.undo(self.labels) if back else patch.redo(self.labels)
        self._tell(Change(region=region))

    def _remember(self, patch: Patch) -> None:
        self._history(patch)


def labels_of(mask: np.ndarray | None, size: Size) -> np.ndarray:
    """A request's mask, uint8 [H, W], as labels: what is at least half grey is repainted."""
    if mask is None:
        return label_map.blank(size)
    return np.where(mask >= 128, np.uint8(REPAINT), np.uint8(UNLABELLED))
