"""Turning pixels upright as EXIF's orientation says."""

import numpy as np

SIDEWAYS = (5, 6, 7, 8)
_ROWS_REVERSED = (3, 4, 6, 7)
_COLUMNS_REVERSED = (2, 3, 7, 8)


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The upright array as the file stores it: a view [h, w, ...] of [H, W, ...], nothing copied.

    Whoever writes stored rows into the view fills the upright array. ``orientation`` is 1..8.
    """
    view = upright.swapaxes(0, 1) if orientation in SIDEWAYS else upright
    down = -1 if orientation in _ROWS_REVERSED else 1
    across = -1 if orientation in _COLUMNS_REVERSED else 1
    return view[::down, ::across]
