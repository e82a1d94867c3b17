"""A label map guessed from a photograph's colours and where in the picture they lie."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY
from studio.document.formats.opened import Opened
from studio.document.formats.reading import open_image, upright_pixels

_WORKING_SIDE = 160
_LONGEST_SIDE = 1024


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How a material tends to look: CIELAB colour and its spread, height, roughness.

    ``height`` is 0 at the top of the picture and 1 at the bottom; ``rough`` is the local standard
    deviation of lightness that is usual, both with how far they may stray.
    """

    key: str
    lab: tuple[float, float, float]
    spread: tuple[float, float] = (16, 12)
    height: tuple[float, float] = (0.5, 0.5)
    rough: tuple[float, float] = (4, 6)


_LOOKS = (
    _Look(key="sky", lab=(62, -4, -30), spread=(22, 12), height=(0.1, 0.26), rough=(0.5, 2.5)),
    _Look(key="sky", lab=(80, -4, -14), spread=(12, 8), height=(0.2, 0.22), rough=(0.5, 2.5)),
    _Look(key="sky", lab=(72, 18, 30), spread=(16, 12), height=(0.25, 0.22), rough=(0.5, 2.5)),
    _Look(key="sky", lab=(66, 6, -12), spread=(18, 10), height=(0.2, 0.24), rough=(0.5, 2)),
    _Look(key="clouds", lab=(92, 0, -1), spread=(8, 5), height=(0.1, 0.24), rough=(2, 3)),
    _Look(key="clouds", lab=(68, 0, -4), spread=(12, 5), height=(0.1, 0.22), rough=(2, 3)),
    _Look(key="water", lab=(45, -6, -22), spread=(20, 11), height=(0.72, 0.22), rough=(2, 4)),
    _Look(key="water", lab=(50, -16, -6), spread=(18, 9), height=(0.72, 0.22), rough=(2, 4)),
    _Look(key="water", lab=(58, 6, -10), spread=(20, 10), height=(0.72, 0.2), rough=(1, 3)),
    _Look(key="tree", lab=(28, -10, 14), spread=(13, 11), height=(0.55, 0.3), rough=(9, 6)),
    _Look(key="grass", lab=(55, -24, 40), spread=(16, 14), height=(0.8, 0.26), rough=(4, 5)),
    _Look(key="grass", lab=(62, -6, 38), spread=(13, 10), height=(0.8, 0.24), rough=(4, 5)),
    _Look(key="sand", lab=(74, 5, 24), spread=(12, 9), height=(0.85, 0.2), rough=(2, 3)),
    _Look(key="snow", lab=(94, 0, -2), spread=(8, 6), height=(0.75, 0.26), rough=(2, 4)),
    _Look(key="rock", lab=(40, 4, 8), spread=(16, 7), height=(0.75, 0.25), rough=(10, 6)),
    _Look(key="mountain", lab=(50, -1, -10), spread=(15, 8), height=(0.38, 0.13), rough=(6, 3)),
    _Look(key="mountain", lab=(46, 1, 3), spread=(15, 7), height=(0.4, 0.13), rough=(7, 3)),
    _Look(key="dirt", lab=(44, 12, 24), spread=(14, 8), height=(0.82, 0.22), rough=(5, 5)),
    _Look(key="flower", lab=(50, 50, 20), spread=(20, 18), height=(0.85, 0.2), rough=(10, 8)),
)


_LOOK_LABELS = np.array([BY_KEY[look.key].id for look in _LOOKS], dtype=np.uint8)


def read_photograph(path: Path) -> Opened:
    """A map from a photograph's colours; FileError if the file can't be read."""
    return Opened(format="photograph", labels=labels_from_colours(upright_pixels(open_image(path))))


def labels_from_colours(pixels: np.ndarray) -> np.ndarray:
    """Guess materials: uint8 [H, W, 3] sRGB -> uint8 [H', W'] of at most 1024 pixels a side.

    Each pixel's colour, height in the picture and roughness are scored against the usual looks of
    the materials; the scores are smoothed before the best wins, so that areas come out whole.
    """
    height, width = pixels.shape[:2]
    shrink = min(1.0, _WORKING_SIDE / max(height, width))
    small = Size(max(1, round(width * shrink)), max(1, round(height * shrink)))
    image = Image.fromarray(pixels).resize((small.width, small.height), Image.Resampling.BOX)
    scores = _scores(_exposed(_lab(np.asarray(image))))
    rough = _LOOK_LABELS[np.argmax([_blurred(score, 2) for score in scores], axis=0)]
    grow = min(1.0, _LONGEST_SIDE / max(height, width))
    return _rounded(rough, Size(max(1, round(width * grow)), max(1, round(height * grow))))


def _rounded(labels: np.ndarray, size: Size) -> np.ndarray:
    """The map at a larger size with small islands swallowed and edges smooth, as if by a brush."""
    best = np.zeros((size.height, size.width), dtype=np.float32)
    rounded = np.full(best.shape, labels[0, 0], dtype=np.uint8)
    for label in np.unique(labels):
        share = _blurred(_blurred((labels == label).astype(np.float32), 3), 2)
        large = Image.fromarray(share).resize((size.width, size.height), Image.Resampling.BICUBIC)
        share = np.asarray(large)
        better = share > best
        best[better] = share[better]
        rounded[better] = label
    return rounded


def _exposed(lab: np.ndarray) -> np.ndarray:
    """The same picture as if exposed so that its lights are light."""
    lights = float(np.percentile(lab[..., 0], 98))
    return lab * np.array([min(2.5, max(1.0, 88 / max(lights, 1e-3))), 1, 1], dtype=np.float32)


def _scores(lab: np.ndarray) -> list[np.ndarray]:
    """How well each look fits: float32 [h, w] log-likelihoods, floored so that no one decides."""
    rows = (np.arange(lab.shape[0], dtype=np.float32)[:, None] + 0.5) / lab.shape[0]
    light = lab[..., 0]
    variance = _blurred(light * light, 1) - _blurred(light, 1) ** 2
    rough = np.sqrt(np.maximum(variance, 0))
    scores = []
    for look in _LOOKS:
        distance = ((light - look.lab[0]) / look.spread[0]) ** 2
        distance = distance + ((lab[..., 1] - look.lab[1]) / look.spread[1]) ** 2
        distance = distance + ((lab[..., 2] - look.lab[2]) / look.spread[1]) ** 2
        distance = distance + ((rough - look.rough[0]) / look.rough[1]) ** 2
        distance = distance + ((rows - look.height[0]) / look.height[1]) ** 2
        scores.append(np.maximum(-0.5 * distance, -14).astype(np.float32))
    return scores


def _lab(pixels: np.ndarray) -> np.ndarray:
    """uint8 [h, w, 3] sRGB -> float32 [h, w, 3] CIELAB under D65."""
    srgb = pixels.astype(np.float32) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ],
        dtype=np.float32,
    )
    xyz = linear @ to_xyz.T / np.array([0.95047, 1.0, 1.08883], dtype=np.float32)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _blurred(values: np.ndarray, radius: int) -> np.ndarray:
    """Mean over a square of 2 radius + 1 pixels, edges repeated: float [h, w] -> float32."""
    padded = np.pad(values, radius, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * radius + 1, 2 * radius + 1))
    return windows.mean(axis=(-2, -1), dtype=np.float64).astype(np.float32)
