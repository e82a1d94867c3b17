"""What can be told of a photograph's pixels without a network: colour, texture, surroundings."""

import numpy as np

FEATURES = 31


def features(pixels: np.ndarray) -> np.ndarray:
    """uint8 [h, w, 3] sRGB -> float32 [h, w, FEATURES], each roughly within -3..3.

    Colour (CIELAB, as if exposed so that its lights are light) here, near by and around; how rough
    it is and in which direction; where in the picture; what lies above and below; and what the
    whole picture is like. Meant for small pictures: distances are in pixels.
    """
    lab = _exposed(_lab(pixels)) / np.array([30, 20, 20], dtype=np.float32)
    height, width = lab.shape[:2]
    light = lab[..., 0]
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height * 2 - 1
    columns = np.abs((np.arange(width, dtype=np.float32)[None, :] + 0.5) / width * 2 - 1)
    whole = np.ones((height, width), dtype=np.float32)
    third = max(1, height // 3)
    parts = [
        lab,
        blurred(lab, 2),
        blurred(lab, 8),
        *(3 * np.sqrt(_variance(light, radius))[..., None] for radius in (1, 4)),
        *(6 * blurred(np.abs(slope), 3)[..., None] for slope in _slopes(light)),
        (rows * whole)[..., None],
        (rows**2 * whole)[..., None],
        (columns * whole)[..., None],
        _so_far(lab),
        _so_far(lab[::-1])[::-1],
        *(
            np.broadcast_to(value.astype(np.float32), lab.shape)
            for value in (lab[:third].mean((0, 1)), lab[-third:].mean((0, 1)), lab.std((0, 1)))
        ),
    ]
    return np.concatenate(parts, axis=-1).astype(np.float32)


def blurred(values: np.ndarray, radius: int) -> np.ndarray:
    """Mean over a square of 2 radius + 1 pixels, edges repeated: float [h, w, ...] -> float32."""
    for axis in (0, 1):
        around = [(0, 0)] * values.ndim
        around[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(values, around, mode="edge"), axis=axis, dtype=np.float64)
        span = 2 * radius + 1
        upper = np.take(sums, np.arange(span, sums.shape[axis]), axis=axis)
        lower = np.take(sums, np.arange(sums.shape[axis] - span), axis=axis)
        values = (upper - lower) / span
    return values.astype(np.float32)


def _slopes(light: np.ndarray) -> list[np.ndarray]:
    return [np.diff(light, axis=axis, append=light.take([-1], axis=axis)) for axis in (0, 1)]


def _variance(values: np.ndarray, radius: int) -> np.ndarray:
    return np.maximum(blurred(values * values, radius) - blurred(values, radius) ** 2, 0)


def _so_far(lab: np.ndarray) -> np.ndarray:
    """The mean of each column from its top down to each pixel."""
    counts = np.arange(1, lab.shape[0] + 1, dtype=np.float32)[:, None, None]
    return np.cumsum(lab, axis=0) / counts


def _exposed(lab: np.ndarray) -> np.ndarray:
    lights = float(np.percentile(lab[..., 0], 98))
    return lab * np.array([min(2.5, max(1.0, 88 / max(lights, 1e-3))), 1, 1], dtype=np.float32)


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
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)
