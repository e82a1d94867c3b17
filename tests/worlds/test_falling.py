"""What falls in rain and snow is seen, and is the same at every size."""

import numpy as np
import pytest

from studio.worlds.render import World, render
from studio.worlds.scene import sample_scene


def _rendered(weather: str, side: int = 128) -> World:
    scene = sample_scene(5, terrain="plain", season="winter", time="noon", weather=weather)
    return render([scene], (side, side))[0]


def _roughness(world: World) -> float:
    """Mean vertical difference in the upper fifth, where an overcast sky is smooth."""
    sky = world.image[: len(world.image) // 5].astype(np.float32)
    return float(np.abs(np.diff(sky, axis=1)).mean())


@pytest.mark.parametrize("weather", ["rain", "snowfall"])
def test_what_falls_crosses_the_sky(weather: str) -> None:
    assert _roughness(_rendered(weather)) > 3 * _roughness(_rendered("overcast"))


@pytest.mark.parametrize("weather", ["rain", "snowfall"])
def test_a_seed_gives_one_picture(weather: str) -> None:
    assert np.array_equal(_rendered(weather).image, _rendered(weather).image)


def test_twice_the_size_has_as_much_snow() -> None:
    def brightened(side: int) -> float:
        sky = slice(0, side // 5)
        snowing = _rendered("snowfall", side).image[sky].mean()
        return float(snowing - _rendered("overcast", side).image[sky].mean())

    assert brightened(256) == pytest.approx(brightened(128), abs=6)
