"""Noise that belongs to places of the picture, so that it is the same in every tile and band."""

import numpy as np
import torch
from torch import Tensor

_BLOCK = 64  # columns a generator makes


def noise_rows(
    seed: int, step: int, rows: tuple[int, int], columns: tuple[int, int], channels: int
) -> Tensor:
    """Standard normal float32 [C, n, w] of some rows and columns of the whole picture, counted
    from 0; the same numbers whatever else is asked for.
    """
    first, last = columns[0] // _BLOCK, -(-columns[1] // _BLOCK)
    made = np.empty((rows[1] - rows[0], (last - first) * _BLOCK, channels), np.float32)
    for row in range(*rows):
        for block in range(first, last):
            key = [seed, (step << 56) | (row << 28) | block]
            generator = np.random.Generator(np.random.Philox(key=key))
            begin = (block - first) * _BLOCK
            generator.standard_normal(dtype=np.float32,
                                      out=made[row - rows[0], begin : begin + _BLOCK])  # fmt: skip
    begin = columns[0] - first * _BLOCK
    inside = made[:, begin : begin + columns[1] - columns[0]]
    return torch.from_numpy(inside).permute(2, 0, 1)
