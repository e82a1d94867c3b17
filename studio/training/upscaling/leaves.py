"""Dead leaves: overlapping textured shapes whose sizes follow a power law.

They share the statistics of photographs (occlusion, scale invariance), and networks that restore
pictures learn nearly as well from them (Achddou et al., "Synthetic images as a regularity prior
for image restoration neural networks", 2021).
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from studio.training.upscaling.colours import Rng, palette, texture

_FINER = 2  # drawn that many times larger, so that edges lie between pixels
_BANK = 4  # textures in one picture


def dead_leaves(rng: Rng, side: int) -> np.ndarray:
    """uint8 [side, side, 3]."""
    large = side * _FINER
    colours = palette(rng, 24)
    bank = [texture(rng, large) for _ in range(_BANK)]
    canvas = np.zeros((large, large, 3), np.float32)
    _paint(canvas, rng, np.ones((large, large), np.float32), (0, 0), colours, bank)
    radii = _radii(rng, int(rng.integers(250, 900)), large)
    depth_of_field = int(len(radii) * rng.uniform(0.2, 0.8)) if rng.random() < 0.4 else -1
    for number, radius in enumerate(radii):
        if number == depth_of_field:
            canvas = _blurred(canvas, rng.uniform(1, 8))
        _leaf(canvas, rng, radius, colours, bank)
    picture = Image.fromarray((canvas.clip(0, 1) * 255).round().astype(np.uint8))
    how = Image.Resampling.BOX if rng.random() < 0.5 else Image.Resampling.LANCZOS
    return np.asarray(picture.resize((side, side), how))


def _radii(rng: Rng, count: int, large: int) -> np.ndarray:
    """Radii with the density r^-3 between the smallest and the largest, in any order."""
    smallest, largest = np.exp(rng.uniform(np.log(2), np.log(30))), large / 2.5
    u = rng.random(count)
    a, b = smallest**-2, largest**-2
    return 1 / np.sqrt(a + u * (b - a))


def _blurred(canvas: np.ndarray, radius: float) -> np.ndarray:
    picture = Image.fromarray((canvas.clip(0, 1) * 255).astype(np.uint8))
    blurred = picture.filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(blurred, np.float32) / 255


def _leaf(
    canvas: np.ndarray, rng: Rng, radius: float, colours: np.ndarray, bank: list[np.ndarray]
) -> None:
    large = len(canvas)
    cy, cx = rng.uniform(-radius * 0.5, large + radius * 0.5, 2)
    reach = int(radius * 1.5) + 2
    top, left = int(max(cy - reach, 0)), int(max(cx - reach, 0))
    bottom, right = int(min(cy + reach, large)), int(min(cx + reach, large))
    if bottom - top < 1 or right - left < 1:
        return
    mask = Image.new("L", (right - left, bottom - top))
    points = [(x + cx - left, y + cy - top) for x, y in _outline(rng, radius)]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    shape = np.asarray(mask, np.float32) / 255
    _paint(canvas[top:bottom, left:right], rng, shape, (top, left), colours, bank)


def _outline(rng: Rng, radius: float) -> np.ndarray:
    """Points [n, 2] around 0: an ellipse, a polygon, a long rectangle or a blob."""
    kind = rng.random()
    turn = rng.uniform(0, 2 * np.pi)
    if kind < 0.35:
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        points = np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.25, 1)], 1)
    elif kind < 0.65:
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
        points = np.stack([np.cos(angles), np.sin(angles)], 1)
    elif kind < 0.8:
        thin = rng.uniform(0.03, 0.5)
        points = np.array([[-1, -thin], [1, -thin], [1, thin], [-1, thin]])
    else:
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        lobes = rng.integers(2, 7)
        wide = 1 + rng.uniform(0.1, 0.45) * np.sin(lobes * angles + rng.uniform(0, 6))
        points = np.stack([np.cos(angles), np.sin(angles)], 1) * wide[:, None]
    cos, sin = np.cos(turn), np.sin(turn)
    return points @ np.array([[cos, sin], [-sin, cos]]) * radius


def _paint(
    part: np.ndarray,
    rng: Rng,
    shape: np.ndarray,
    corner: tuple[int, int],
    colours: np.ndarray,
    bank: list[np.ndarray],
) -> None:
    """Mix a shaded, textured colour into ``part`` [h, w, 3] where ``shape`` [h, w] is."""
    colour = colours[rng.integers(len(colours))]
    height, width = shape.shape
    value = np.ones((height, width), np.float32)
    if rng.random() < 0.75:
        field = bank[rng.integers(len(bank))]
        top, left = corner
        value += rng.uniform(0.02, 0.35) * field[top : top + height, left : left + width]
    if rng.random() < 0.5:
        slope = rng.uniform(-0.6, 0.6, 2)
        value += slope[0] * np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
        value += slope[1] * np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    painted = colour * value[..., None]
    if rng.random() < 0.25:
        other = colours[rng.integers(len(colours))]
        field = bank[rng.integers(len(bank))][:height, :width]
        share = (1 / (1 + np.exp(-4 * field)))[..., None]
        painted = painted * (1 - share) + other * share
    part += (painted - part) * shape[..., None]
