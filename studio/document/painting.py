"""Hard-edged painting into a label map: each function writes labels and returns what it touched.

``labels`` is uint8 [H, W]; points are (x, y) in pixels, pixel (i, j) covers i..i+1, j..j+1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from studio.document.region import NOWHERE, Region

Point = tuple[float, float]

_STANDSTILL = 1e-6


@dataclass(frozen=True)
class Dab:
    """One touch of a round brush: centre and diameter in pixels."""

    x: float
    y: float
    size: float


def paint_segment(labels: np.ndarray, start: Dab, end: Dab, label: int) -> Region:
    """Drag a round brush from ``start`` to ``end``; its size changes evenly on the way.

    A pixel is painted when its centre lies under the brush; a brush thinner than a pixel still
    leaves an unbroken line.
    """
    reach = max(start.size, end.size) / 2 + 1
    box = Region(
        int(np.floor(min(start.x, end.x) - reach)),
        int(np.floor(min(start.y, end.y) - reach)),
        int(np.ceil(max(start.x, end.x) + reach)) + 1,
        int(np.ceil(max(start.y, end.y) + reach)) + 1,
    )
    box &= Region.whole(labels)
    if not box:
        return NOWHERE
    x = np.arange(box.left, box.right, dtype=np.float32)[None, :] + 0.5 - start.x
    y = np.arange(box.top, box.bottom, dtype=np.float32)[:, None] + 0.5 - start.y
    dx, dy = end.x - start.x, end.y - start.y
    length2 = dx * dx + dy * dy
    along = np.zeros((1, 1), np.float32)
    if length2 > _STANDSTILL:
        along = np.clip((x * dx + y * dy) / length2, 0, 1)
    radius = (start.size + (end.size - start.size) * along) / 2
    under = (x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius * radius
    _mark_thread(under, box, start, end)
    labels[box.slices][under] = label
    return box


def _mark_thread(under: np.ndarray, box: Region, start: Dab, end: Dab) -> None:
    """Mark the pixels that the stroke's centre line passes, which keeps thin strokes whole."""
    count = int(2 * max(abs(end.x - start.x), abs(end.y - start.y))) + 2
    columns = np.floor(np.linspace(start.x, end.x, count)).astype(np.intp) - box.left
    rows = np.floor(np.linspace(start.y, end.y, count)).astype(np.intp) - box.top
    inside = (columns >= 0) & (columns < box.width) & (rows >= 0) & (rows < box.height)
    under[rows[inside], columns[inside]] = True


def paint_line(labels: np.ndarray, start: Point, end: Point, size: float, label: int) -> Region:
    """A straight line with round ends."""
    return paint_segment(labels, Dab(*start, size), Dab(*end, size), label)


def fill_polygon(labels: np.ndarray, points: Sequence[Point], label: int) -> Region:
    """Fill a closed outline by the even-odd rule; fewer than three points touch nothing."""
    if len(points) < 3:
        return NOWHERE
    corners = np.asarray(points, dtype=np.float64)
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    box = Region(int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)
    box &= Region.whole(labels)
    if not box:
        return NOWHERE
    stencil = Image.new("L", (box.width, box.height))
    # Pillow counts from pixel centres, the canvas from pixel corners.
    outline = [(x - box.left - 0.5, y - box.top - 0.5) for x, y in points]
    ImageDraw.Draw(stencil).polygon(outline, fill=1)
    labels[box.slices][np.asarray(stencil, dtype=bool)] = label
    return box


def replace(labels: np.ndarray, old: int, new: int) -> Region:
    """Turn one label into another everywhere."""
    where = labels == old
    region = Region.of(where) if old != new else NOWHERE
    if region:
        labels[where] = new
    return region


def pick(labels: np.ndarray, x: float, y: float) -> int | None:
    """The label under a point, None outside the map."""
    column, row = int(np.floor(x)), int(np.floor(y))
    height, width = labels.shape
    return int(labels[row, column]) if 0 <= column < width and 0 <= row < height else None


def flood_fill(labels: np.ndarray, x: float, y: float, label: int) -> Region:
    """Fill the area of equal labels, joined by edges, around a point.

    Works on horizontal runs instead of pixels: runs that overlap in neighbouring rows belong
    together, and the pieces that belong together are found by pointer jumping.
    """
    old = pick(labels, x, y)
    if old is None or old == label:
        return NOWHERE
    height, width = labels.shape
    starts, ends = _runs(labels == old)
    piece = _joined(starts, ends, width + 1)
    seed = int(np.floor(y)) * (width + 1) + int(np.floor(x))
    chosen = piece == piece[np.searchsorted(starts, seed, side="right") - 1]
    edges = np.zeros(height * (width + 1) + 1, dtype=np.int8)
    edges[starts[chosen]] = 1
    edges[ends[chosen]] -= 1
    area = np.cumsum(edges[:-1], dtype=np.int8).reshape(height, width + 1)[:, :width].view(bool)
    labels[area] = label
    return Region.of(area)


def _runs(area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the horizontal runs of true pixels, counted along rows of width + 1."""
    fenced = np.zeros((area.shape[0], area.shape[1] + 1), dtype=np.int8)
    fenced[:, :-1] = area
    change = np.diff(fenced.ravel(), prepend=np.int8(0))
    return np.flatnonzero(change == 1), np.flatnonzero(change == -1)


def _joined(starts: np.ndarray, ends: np.ndarray, row: int) -> np.ndarray:
    """For each run a number that is equal for runs connected through neighbouring rows."""
    first = np.searchsorted(ends, starts + row, side="right")
    last = np.searchsorted(starts, ends + row, side="left")
    below = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(starts.size), below)
    lower = np.arange(below.sum()) - np.repeat(np.cumsum(below) - below, below)
    lower += np.repeat(first, below)
    piece = np.arange(starts.size)
    while True:
        left, right = piece[upper], piece[lower]
        apart = left != right
        if not apart.any():
            return piece
        upper, lower, left, right = upper[apart], lower[apart], left[apart], right[apart]
        np.minimum.at(piece, np.maximum(left, right), np.minimum(left, right))
        while not np.array_equal(piece, parents := piece[piece]):
            piece = parents
