"""Colours and textures that the made pictures share. All values are 0..1 sRGB, float32."""

import numpy as np

Rng = np.random.Generator


def palette(rng: Rng, count: int) -> np.ndarray:
    """[count, 3]: colours around a few hues, mostly of little saturation, as in photographs."""
    hues = rng.random(rng.integers(1, 5))
    hue = rng.choice(hues, count) + rng.normal(0, 0.04, count)
    saturation = rng.beta(1.3, 2.5, count)
    value = rng.beta(1.2, 1.2, count)
    wheel = (hue[:, None] + np.array([0, 1 / 3, 2 / 3])) % 1
    pure = np.clip(np.abs(wheel * 6 - 3) - 1, 0, 1)
    return (value[:, None] * (1 - saturation[:, None] * (1 - pure))).astype(np.float32)


def noise(rng: Rng, side: int, slope: float | None = None) -> np.ndarray:
    """[side, side] of zero mean and unit variance with the spectrum 1/f^slope, often longer in one
    direction than across it.
    """
    slope = rng.uniform(0.3, 2.2) if slope is None else slope
    fy, fx = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
    angle = rng.uniform(0, np.pi)
    stretch = np.exp(abs(rng.normal(0, 0.8)))
    along = fx * np.cos(angle) + fy * np.sin(angle)
    across = fy * np.cos(angle) - fx * np.sin(angle)
    frequency = np.hypot(along * stretch, across / stretch)
    frequency[0, 0] = 1
    spectrum = frequency**-slope * np.exp(2j * np.pi * rng.random(frequency.shape))
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (side, side))
    return (field / (field.std() + 1e-9)).astype(np.float32)


def cells(rng: Rng, side: int) -> np.ndarray:
    """[side, side]: distance to the nearest of random points, of zero mean and unit variance; the
    borders between them where the mood takes it.
    """
    points = rng.uniform(0, side, (rng.integers(20, 90), 2)).astype(np.float32)
    at = np.arange(side, dtype=np.float32)
    distance = np.hypot(
        at[:, None, None] - points[:, 0], (at[None, :, None] - points[:, 1]) * rng.uniform(0.6, 1.6)
    )
    near = np.partition(distance, 1, axis=2)
    field = near[..., 0] if rng.random() < 0.5 else near[..., 1] - near[..., 0]
    return ((field - field.mean()) / (field.std() + 1e-9)).astype(np.float32)


def waves(rng: Rng, side: int) -> np.ndarray:
    """[side, side]: bent stripes or checks of about unit variance, from coarse to two pixels."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    bend = noise(rng, side, 2.0) * rng.uniform(0, 0.06) * side * (rng.random() < 0.6)
    period = np.exp(rng.uniform(np.log(3), np.log(48)))
    angle = rng.uniform(0, np.pi)
    phase = ((x * np.cos(angle) + y * np.sin(angle)) + bend) * (2 * np.pi / period)
    field = np.sin(phase)
    if rng.random() < 0.4:
        field = field * np.sin((y * np.cos(angle) - x * np.sin(angle) + bend) * 2 * np.pi / period)
    if rng.random() < 0.5:
        field = np.tanh(field * rng.uniform(2, 12))
    return (field / (field.std() + 1e-9)).astype(np.float32)


def texture(rng: Rng, side: int) -> np.ndarray:
    """[side, side] of about unit variance: noise, cells or waves."""
    kind = rng.random()
    if kind < 0.6:
        return noise(rng, side)
    return cells(rng, side) if kind < 0.75 else waves(rng, side)


def ramp(rng: Rng, side: int) -> np.ndarray:
    """[side, side] in about -1..1: a straight or round gradient."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    if rng.random() < 0.6:
        angle = rng.uniform(0, 2 * np.pi)
        return 2 * (x * np.cos(angle) + y * np.sin(angle))
    cy, cx = rng.uniform(-0.6, 0.6, 2)
    return (2 * np.hypot(x - cx, y - cy) - 1).astype(np.float32)
