"""A layer that is painted on: labels in place, one undoable edit per stroke."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.contract.geometry import Size
from studio.contract.materials import UNLABELLED
from studio.document import label_map, painting
from studio.document.history import Patch
from studio.document.region import NOWHERE, Region


@dataclass(frozen=True, kw_only=True)
class Change:
    """What has to be drawn again: a region of the labels, all of them (perhaps another size), the
    result picture, the source picture, the depth picture, the boxes."""

    region: Region = NOWHERE
    replaced: bool = False
    picture: bool = False
    source: bool = False
    depth: bool = False
    boxes: bool = False


class Painted(ABC):
    """``labels``, uint8 [H, W] with 255 where nothing is painted, is painted in place between
    ``begin`` and ``commit``. Listeners hear of every change at once, in the thread that made it.
    """

    def __init__(self, labels: np.ndarray) -> None:
        self.labels = labels
        self._listeners: list[Callable[[Change], None]] = []
        self._before: np.ndarray | None = None
        self._touched = NOWHERE

    @abstractmethod
    def _remember(self, patch: Patch) -> None:
        """Take what a stroke did into the history."""

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call ``listener`` after every change."""
        self._listeners.append(listener)

    def ignore(self, listener: Callable[[Change], None]) -> None:
        """Stop calling ``listener``."""
        self._listeners.remove(listener)

    @property
    def size(self) -> Size:
        """Width and height of the layer."""
        return label_map.size_of(self.labels)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is painted."""
        return bool((self.labels == UNLABELLED).all())

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
        self._remember(patch)
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

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)
