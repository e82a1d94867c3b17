"""From the grid of a model's native scale to the size that was asked for."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from studio.engine.upscaling.rows import Stage, Window

_LOBES = 3  # of Lanczos's window
_ROWS = 256


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Output i of ``length`` covers [begin + i ratio, begin + (i + 1) ratio) of the input."""

    begin: float
    ratio: float
    length: int

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The inputs that outputs ``first``..``last`` - 1 are mixed from."""
        if self.exact:
            begin = round(self.begin)
            return begin + first, begin + last
        reach = _LOBES * max(self.ratio, 1.0) + 1
        low = self.begin + first * self.ratio - reach
        return math.floor(low), math.ceil(self.begin + last * self.ratio + reach)

    @property
    def exact(self) -> bool:
        """Whether the outputs are inputs as they are."""
        return self.ratio == 1 and self.begin == round(self.begin)


def resized(window: Window, down: Axis, across: Axis) -> Stage:
    """Rows [C, n, across.length] mixed from a window's rows by Lanczos's kernel."""
    rows = max(16, min(_ROWS, round(_ROWS / max(down.ratio, 1.0))))
    for first in range(0, down.length, rows):
        last = min(first + rows, down.length)
        top, bottom = down.needs(first, last)
        top, bottom = max(top, 0), min(bottom, window.height)
        yield from window.fill(bottom)
        given = window.rows(top, bottom)
        if down.exact and across.exact:
            left, right = across.needs(0, across.length)
            yield given[:, :, left:right]
            continue
        low = down.begin + first * down.ratio - top
        high = down.begin + last * down.ratio - top
        box = (across.begin, low, across.begin + across.length * across.ratio, high)
        yield resampled(given, box, (across.length, last - first))


def resampled(
    planes: Tensor,
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    *,
    rough: bool = False,
) -> Tensor:
    """[C, h, w] -> [C, size[1], size[0]] of the part ``box`` (left, top, right, bottom).

    ``rough``: where it becomes much smaller, by means of whole blocks first, which is quicker.
    """
    gap = 1.0 if rough else None
    # PIL looks beyond the box where the picture goes on, so bands join without a seam.
    height, width = planes.shape[1:]
    inside = (max(box[0], 0.0), max(box[1], 0.0), min(box[2], width), min(box[3], height))
    made = [
        np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS, inside, gap))
        for plane in planes.float().cpu().numpy()
    ]
    return torch.from_numpy(np.stack(made)).to(planes.device)
