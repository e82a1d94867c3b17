"""Label maps: uint8 [H, W] arrays of material ids, 255 = unlabelled, never antialiased."""

import numpy as np

from studio.contract.geometry import LARGEST_SIDE, Size
from studio.contract.materials import LABEL_BY_ID, UNLABELLED


def blank(size: Size, label: int = UNLABELLED) -> np.ndarray:
    """A map with one label everywhere: uint8 [H, W]."""
    return np.full((size.height, size.width), label, dtype=np.uint8)


def size_of(labels: np.ndarray) -> Size:
    """Width and height of a map [H, W]."""
    height, width = labels.shape
    return Size(width, height)


def checked(labels: np.ndarray) -> np.ndarray:
    """The map as a contiguous array of its own; ValueError's text is a sentence for the person."""
    if labels.ndim != 2 or labels.dtype != np.uint8:
        raise ValueError("A label map must be a two-dimensional array of 8-bit labels.")
    if not 1 <= min(labels.shape) <= max(labels.shape) <= LARGEST_SIDE:
        raise ValueError(
            f"A label map may be at most {LARGEST_SIDE} pixels wide and high, "
            f"not {labels.shape[1]}x{labels.shape[0]}."
        )
    return np.array(labels, order="C")


def resized(labels: np.ndarray, size: Size) -> np.ndarray:
    """The map at another size by nearest pixel centre, so that no new label can appear."""
    height, width = labels.shape
    rows = ((np.arange(size.height) + 0.5) * height / size.height).astype(np.intp)
    columns = ((np.arange(size.width) + 0.5) * width / size.width).astype(np.intp)
    return labels[rows[:, None], columns[None, :]]


def used(labels: np.ndarray) -> list[int]:
    """The labels in the map, the most frequent first, without the unlabelled pixels."""
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[UNLABELLED] = 0
    order = np.argsort(-counts, kind="stable")
    return [int(label) for label in order if counts[label]]


def without_foreign(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """The map with every label that is no material unlabelled, and how many pixels that were."""
    known = np.zeros(256, dtype=bool)
    known[[*LABEL_BY_ID, UNLABELLED]] = True
    foreign = ~known[labels]
    return np.where(foreign, np.uint8(UNLABELLED), labels), int(foreign.sum())
