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
        self._asked: tuple[int, int] | None = None
        self._answer: Tensor | None = None

    def fill(self, bottom: int) -> Stage:
        """Let the stage work until row ``bottom`` - 1 is there; yields its signals."""
        bottom = min(bottom, self.height)
        if self._bottom < bottom:
            self._asked = self._answer = None
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
        inside = self._between(inside_top, inside_bottom)
        if inside_top == top and inside_bottom == bottom:
            return inside
        index = torch.arange(top, bottom).clamp(inside_top, inside_bottom - 1) - inside_top
        return inside[:, index.to(inside.device)]

    def _forget(self, top: int) -> None:
        while self._blocks and self._top + self._blocks[0].shape[1] <= top:
            self._top += self._blocks.pop(0).shape[1]

    def _between(self, top: int, bottom: int) -> Tensor:
        """Rows that are held; copied only where blocks meet, and once for all tiles of a band."""
        if self._answer is None or self._asked != (top, bottom):
            self._asked = self._answer = None
            parts, begin = [], self._top
            for block in self._blocks:
                part = block[:, max(top - begin, 0) : max(bottom - begin, 0)]
                if part.shape[1]:
                    parts.append(part)
                begin += block.shape[1]
            self._asked = top, bottom
            self._answer = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        return self._answer
