"""Pictures of one stuff alone: textures, and smooth gradients with little in them."""

import numpy as np

from studio.training.upscaling.colours import Rng, noise, palette, ramp, texture


def stuff(rng: Rng, side: int) -> np.ndarray:
    """uint8 [side, side, 3]: mixed textures in mixed colours, lit unevenly."""
    colours = palette(rng, 4)
    picture = np.broadcast_to(colours[0], (side, side, 3)).copy()
    for colour in colours[1 : 1 + rng.integers(1, 4)]:
        field = texture(rng, side)
        share = 1 / (1 + np.exp(-rng.uniform(0.7, 5) * (field - rng.normal(0, 0.5))))
        picture += (colour - picture) * share[..., None]
    picture *= 1 + rng.uniform(0, 0.3) * noise(rng, side)[..., None]
    picture *= 1 + rng.uniform(0, 0.4) * ramp(rng, side)[..., None]
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


def gradients(rng: Rng, side: int) -> np.ndarray:
    """uint8 [side, side, 3]: overlaid gradients, with a hard or soft border here and there."""
    picture = np.broadcast_to(palette(rng, 1)[0], (side, side, 3)).copy()
    for colour in palette(rng, int(rng.integers(2, 5))):
        field = ramp(rng, side) - rng.uniform(-0.5, 0.5)
        steep = np.exp(rng.uniform(0, 5))
        share = 1 / (1 + np.exp(-(steep * field).clip(-30, 30)))
        picture += (colour - picture) * share[..., None] * rng.uniform(0.3, 1)
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)
