"""From a picture to a small one as they are met: blurred, resized, noisy, compressed."""

import io

import numpy as np
from PIL import Image, ImageFilter

from studio.contract.upscaling import NATIVE_SCALE
from studio.training.upscaling.colours import Rng

_KERNELS = (
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.LANCZOS,
    Image.Resampling.BOX,
    Image.Resampling.HAMMING,
)


def small_bicubic(picture: np.ndarray) -> np.ndarray:
    """uint8 [4h, 4w, 3] -> uint8 [h, w, 3]."""
    side = picture.shape[1] // NATIVE_SCALE, picture.shape[0] // NATIVE_SCALE
    return np.asarray(Image.fromarray(picture).resize(side, Image.Resampling.BICUBIC))


def damaged(picture: np.ndarray, rng: Rng, level: float) -> np.ndarray:
    """uint8 [4h, 4w, 3] -> uint8 [h, w, 3], worse the higher ``level`` in 0..1.

    Blur comes before the picture becomes small (in one step or two, by mixed kernels); noise and
    JPEG, in any order, partly before the last step and partly after.
    """
    height, width = picture.shape[0] // NATIVE_SCALE, picture.shape[1] // NATIVE_SCALE
    image = Image.fromarray(picture)
    if rng.random() < 0.7:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.5 + 2.0 * level)))
    marks = [_noisy, _compressed]
    if rng.random() < 0.5:
        marks.reverse()
    if rng.random() < 0.3:
        between = rng.uniform(1.2, 3.0)
        image = image.resize((round(width * between), round(height * between)), _kernel(rng))
        image = marks[0](image, rng, level)
        marks = marks[1:]
    image = image.resize((width, height), _kernel(rng))
    for mark in marks:
        if rng.random() < 0.8:
            image = mark(image, rng, level)
    return np.asarray(image)


def _kernel(rng: Rng) -> Image.Resampling:
    return _KERNELS[rng.integers(len(_KERNELS))]


def _noisy(image: Image.Image, rng: Rng, level: float) -> Image.Image:
    """Gaussian noise up to 25/255, of each channel or of all alike, or the grain of few photons."""
    pixels = np.asarray(image, np.float32)
    strength = rng.uniform(0.2, 1) * 25 * level
    shape = (*pixels.shape[:2], 1 if rng.random() < 0.3 else 3)
    grain = rng.normal(0, strength, shape)
    if rng.random() < 0.3:
        grain = grain * np.sqrt(pixels / 128 + 0.05)
    return Image.fromarray((pixels + grain).clip(0, 255).round().astype(np.uint8))


def _compressed(image: Image.Image, rng: Rng, level: float) -> Image.Image:
    """JPEG of quality 95 down to 15, with and without halved colour."""
    quality = round(95 - 80 * level * rng.uniform(0.4, 1))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=int(rng.choice([0, 2])))
    return Image.open(file).convert("RGB")
