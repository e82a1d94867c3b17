"""Repeats every pixel, in bands of tiles, at any wanted pace.

The strength is the seconds of a tile divided by ten; some model names ask for trouble.
"""

import time

import numpy as np

from studio.contract.events import Cancelled, Failed, Loading
from studio.contract.geometry import Size
from studio.contract.upscaling import BandDone, TileDone, UpscaleFinished, UpscaleStarted

TILE = 32


def upscale(request, models, cancel):
    if request.model == "missing":
        yield Failed(sentence="There is no such upscaler.", action="Choose another one.")
        return
    yield Loading(what=request.model, fraction=1.0)
    size, given = request.output_size, request.input_size
    part = request.region
    pixels = request.pixels
    if part is not None:
        pixels = pixels[part.top : part.top + part.height, part.left : part.left + part.width]
    height, width = pixels.shape[:2]
    made = pixels[np.arange(size.height) * height // size.height]
    made = made[:, np.arange(size.width) * width // size.width]
    across = -(-size.width // TILE)
    tiles = across * -(-size.height // TILE)
    assert given.width >= width
    yield UpscaleStarted(request=request, size=size, tiles=tiles)
    began, number = time.monotonic(), 0
    for top in range(0, size.height, TILE):
        for left in range(0, size.width, TILE):
            if cancel.is_set():
                yield Cancelled(count=0)
                return
            time.sleep(request.strength / 10 if request.mode.value == "vivid" else 0)
            if request.model == "broken" and number == 1:
                raise RuntimeError("no such layer")
            number += 1
            tile = made[top : top + TILE, left : left + TILE]
            yield TileDone(
                number=number, tiles=tiles, left=left, top=top,
                size=Size(tile.shape[1], tile.shape[0]), pixels=tile,
                elapsed=time.monotonic() - began, remaining=0.0,
            )  # fmt: skip
        yield BandDone(top=top, pixels=made[top : top + TILE])
    yield UpscaleFinished(size=size, elapsed=time.monotonic() - began, evaluations=1)
