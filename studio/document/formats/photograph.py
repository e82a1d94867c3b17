"""A label map guessed from a photograph's colours and where in the picture they lie."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from studio.contract.geometry import Size
from studio.contract.materials import MATERIALS
from studio.contract.places import RESOURCES
from studio.document.formats.colour_features import blurred, features
from studio.document.formats.opened import Opened
from studio.document.formats.reading import open_image, upright_pixels

WORKING_SIDE = 128
_LONGEST_SIDE = 1024


GUESS = RESOURCES / "palette" / "colour-guess.npz"
"""A perceptron from the features of a pixel to the materials, in the palette's order; see
studio.training.colour_guess."""

_IDS = np.array([material.id for material in MATERIALS], dtype=np.uint8)


def read_photograph(path: Path) -> Opened:
    """A map from a photograph's colours; FileError if the file can't be read."""
    return Opened(format="photograph", labels=labels_from_colours(upright_pixels(open_image(path))))


def labels_from_colours(pixels: np.ndarray, guess: Path = GUESS) -> np.ndarray:
    """Guess materials: uint8 [H, W, 3] sRGB -> uint8 [H', W'] of at most 1024 pixels a side.

    Each pixel's colour, texture, place and surroundings tell how likely each material is; the
    likelihoods are smoothed before the best wins, so that areas come out whole. ``guess`` is the
    perceptron's file.
    """
    height, width = pixels.shape[:2]
    shrink = min(1.0, WORKING_SIDE / max(height, width))
    small = Size(max(1, round(width * shrink)), max(1, round(height * shrink)))
    image = Image.fromarray(pixels).resize((small.width, small.height), Image.Resampling.BOX)
    likely = blurred(_likelihoods(np.asarray(image), guess), 2)
    grow = min(1.0, _LONGEST_SIDE / max(height, width))
    size = Size(max(1, round(width * grow)), max(1, round(height * grow)))
    return _rounded(_IDS[likely.argmax(axis=-1)], size)


def _likelihoods(pixels: np.ndarray, guess: Path) -> np.ndarray:
    """How likely each material is: uint8 [h, w, 3] -> float32 [h, w, materials], summing to 1."""
    layers = _layers(guess)
    x = features(pixels)
    for number, (weight, bias) in enumerate(layers, start=1):
        x = x @ weight + bias
        if number < len(layers):
            x = np.maximum(x, 0)
    likely: np.ndarray = np.exp(x - x.max(axis=-1, keepdims=True))
    return likely / likely.sum(axis=-1, keepdims=True)


@cache
def _layers(guess: Path) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    with np.load(guess, allow_pickle=False) as stored:
        names = range(len(stored.files) // 2)
        return tuple(
            (stored[f"w{name}"].astype(np.float32), stored[f"b{name}"].astype(np.float32))
            for name in names
        )


def _rounded(labels: np.ndarray, size: Size) -> np.ndarray:
    """The map at a larger size with small islands swallowed and edges smooth, as if by a brush."""
    best = np.zeros((size.height, size.width), dtype=np.float32)
    rounded = np.full(best.shape, labels[0, 0], dtype=np.uint8)
    for label in np.unique(labels):
        share = blurred(blurred((labels == label).astype(np.float32), 3), 2)
        large = Image.fromarray(share).resize((size.width, size.height), Image.Resampling.BICUBIC)
        share = np.asarray(large)
        better = share > best
        best[better] = share[better]
        rounded[better] = label
    return rounded
