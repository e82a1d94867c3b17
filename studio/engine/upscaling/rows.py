"""Maps that are made from the top down, so that no map need be held whole.

A stage of the work is an iterator of blocks, tensors [C, n, W] that follow each other without a
gap, and of signals in between (anything else), which travel on to whoever drives the stages.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

Stage = Iterator[Any]


class Window:
    """The rows of a stage that are still needed; ``height`` is that of its whole map."""

    def __init__(self, stage: Stage, height: int) -> None:
        self.height = height
        self._stage = stage
        self._blocks: list[Tensor] = []
        self._top = 0
        self._bottom = 0

    def fill(self, bottom: int) -> Stage:
        """Let the stage work until row ``bottom`` - 1 is there; yields its signals."""
        bottom = min(bottom, self.height)
        while self._bottom < bottom:
            item = next(self._stage)
            if isinstance(item, Tensor):
                self._blocks.append(item)
                self._bottom += item.shape[1]
            else:
                yield item

    def rows(self, top: int, bottom: int) -> Tensor:
        """Rows ``top`` .. ``bottom`` - 1, which must have been filled: [C, n, W].

        Rows above ``top`` are let go for good. Beyond the map its first and last rows repeat.
        """
        inside_top, inside_bottom = max(top, 0), min(bottom, self.height)
        self._forget(inside_top)
        begin = inside_top - self._top
        inside = self._joined()[:, begin : begin + inside_bottom - inside_top]
        if inside_top == top and inside_bottom == bottom:
            return inside
        index = torch.arange(top, bottom).clamp(inside_top, inside_bottom - 1) - inside_top
        return inside[:, index.to(inside.device)]

    def _forget(self, top: int) -> None:
        while self._blocks and self._top + self._blocks[0].shape[1] <= top:
            self._top += self._blocks.pop(0).shape[1]

    def _joined(self) -> Tensor:
        if len(self._blocks) > 1:
            self._blocks = [torch.cat(self._blocks, 1)]
        return self._blocks[0]
