"""Large latents in overlapping tiles whose results are blended."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor


def spans(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles of ``tile`` begin to cover ``length`` evenly, sharing at least ``overlap``."""
    if length <= tile:
        return [0]
    count = -(-(length - overlap) // (tile - overlap))
    return [round(number * (length - tile) / (count - 1)) for number in range(count)]


def _ramp(begin: int, tile: int, length: int, overlap: int, factor: int) -> Tensor:
    """1 inside, falling to nearly 0 over the overlap at the sides that have a neighbour."""
    position = torch.arange(tile * factor) + 0.5
    rising = position if begin > 0 else torch.full_like(position, torch.inf)
    falling = position.flip(0) if begin + tile < length else torch.full_like(position, torch.inf)
    return (torch.minimum(rising, falling) / (overlap * factor)).clamp(max=1)


def tiled(
    function: Callable[[Tensor], Tensor], z: Tensor, *, factor: int, tile: int, overlap: int
) -> Tensor:
    """``function``(z) computed tile by tile.

    ``function`` takes [B, C, h, w] to [B, C', h factor, w factor]. Where it looks no further than
    ``overlap`` / 2 cells around itself the result is nearly that of one call (and exactly in the
    middle of the tiles); norms over the whole tile differ a little from tile to tile, which the
    blending hides. ``tile`` and ``overlap`` are in cells of z; sides shorter than a tile are whole.
    """
    h, w = z.shape[2:]
    th, tw = min(tile, h), min(tile, w)
    total: Tensor | None = None
    weights = torch.zeros(h * factor, w * factor, device=z.device)
    for y, x in _corners(h, w, th, tw, overlap):
        part = function(z[:, :, y : y + th, x : x + tw])
        column = _ramp(y, th, h, overlap, factor)[:, None]
        weight = (column * _ramp(x, tw, w, overlap, factor)).to(part.device)
        if total is None:
            total = part.new_zeros(*part.shape[:2], h * factor, w * factor)
        rows = slice(y * factor, (y + th) * factor)
        columns = slice(x * factor, (x + tw) * factor)
        total[:, :, rows, columns] += part * weight
        weights[rows, columns] += weight
    assert total is not None
    return total / weights


def _corners(h: int, w: int, th: int, tw: int, overlap: int) -> Iterator[tuple[int, int]]:
    for y in spans(h, th, overlap):
        for x in spans(w, tw, overlap):
            yield y, x
