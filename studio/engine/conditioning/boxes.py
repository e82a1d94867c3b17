"""Boxes of objects as the tokens that layout-to-image models were trained on."""

import math
from collections.abc import Sequence

from studio.contract.request import Box

_PER_OBJECT = 3
_CROP = 2


def most_boxes(length: int) -> int:
    """How many boxes fit into so many tokens."""
    return length // _PER_OBJECT


def box_tokens(boxes: Sequence[Box], vocabulary: int, length: int) -> list[int]:
    """Kind, upper left and lower right corner of each box, then "none" up to ``length``.

    A corner is the number of its place in a square grid as fine as the vocabulary allows, row by
    row. Where two tokens are left over, they are the corners of what was cut out of the training
    pictures: here everything. ValueError when there are too many boxes or a kind is no token.
    """
    if len(boxes) > most_boxes(length):
        raise ValueError(f"This model takes at most {most_boxes(length)} boxes.")
    sections = math.isqrt(vocabulary)

    def corner(x: float, y: float) -> int:
        return round(y * (sections - 1)) * sections + round(x * (sections - 1))

    tokens: list[int] = []
    for box in boxes:
        if box.label >= vocabulary:
            raise ValueError(f"This model knows no objects of kind {box.label}.")
        tokens += [box.label, corner(box.left, box.top), corner(box.right, box.bottom)]
    tokens += [vocabulary - 1] * (most_boxes(length) * _PER_OBJECT - len(tokens))
    if length % _PER_OBJECT == _CROP:
        tokens += [corner(0, 0), corner(1, 1)]
    return tokens
