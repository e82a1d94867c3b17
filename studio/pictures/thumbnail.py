"""Small pictures to look at."""

import numpy as np
from PIL import Image

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def thumbnail_of(pixels: np.ndarray, side: int) -> np.ndarray:
    """uint8 or uint16 [H, W, C] -> uint8 [h, w, 4] RGBA, at most ``side`` long, never larger."""
    # A deep picture is thinned out before it is made 8-bit, so that no whole copy is needed.
    if pixels.dtype == np.uint16:
        step = max(1, min(pixels.shape[:2]) // (2 * side))
        pixels = (pixels[::step, ::step] >> 8).astype(np.uint8)
    small = np.ascontiguousarray(pixels)
    height, width, channels = small.shape
    image = Image.frombuffer(
        _MODES[channels], (width, height), small, "raw", _MODES[channels], 0, 1
    )
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(image.convert("RGBA"))
