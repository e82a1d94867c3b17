import numpy as np
import pytest

from studio.contract.geometry import Size
from studio.contract.upscaling import Region, UpscaleRequest


def picture(height: int = 10, width: int = 20, channels: int = 3, dtype: type = np.uint8):
    return np.zeros((height, width, channels), dtype)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_kind_of_picture_is_taken(channels, dtype):
    request = UpscaleRequest(pixels=picture(channels=channels, dtype=dtype))
    assert request.scale == 4
    assert request.output_size == Size(80, 40)


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({"scale": 2}, Size(40, 20)),
        ({"scale": 3}, Size(60, 30)),
        ({"scale": 0.01}, Size(1, 1)),
        ({"scale": 2.55}, Size(51, 26)),
        ({"target": Size(33, 7)}, Size(33, 7)),
    ],
)
def test_the_size_follows_scale_or_target(given, size):
    assert UpscaleRequest(pixels=picture(), **given).output_size == size


def test_a_region_is_enlarged_like_the_whole():
    region = Region(left=5, top=2, width=10, height=4)
    request = UpscaleRequest(pixels=picture(), target=Size(40, 40), region=region)
    assert request.whole_size == Size(40, 40)
    assert request.output_size == Size(20, 16)


def test_the_pixels_cannot_change_any_more():
    pixels = picture()
    request = UpscaleRequest(pixels=pixels)
    pixels[:] = 9
    assert request.pixels.max() == 0
    assert not request.pixels.flags.writeable
    assert UpscaleRequest(pixels=request.pixels).pixels is request.pixels


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"pixels": np.zeros((4, 4), np.uint8)}, "array"),
        ({"pixels": np.zeros((0, 4, 3), np.uint8)}, "array"),
        ({"pixels": np.zeros((4, 4, 5), np.uint8)}, "channels"),
        ({"pixels": np.zeros((4, 4, 3), np.float32)}, "bits"),
        ({"scale": 0.0}, "scale"),
        ({"scale": float("nan")}, "scale"),
        ({"scale": float("inf")}, "scale"),
        ({"scale": 2.0, "target": Size(9, 9)}, "either"),
        ({"strength": 1.5}, "strength"),
        ({"repair": -0.1}, "repair"),
        ({"seed": -1}, "seed"),
        ({"tile": 47}, "tile"),
        ({"scale": 1e6}, "side"),
        ({"region": Region(left=0, top=0, width=0, height=1)}, "region"),
        ({"region": Region(left=15, top=0, width=6, height=1)}, "region"),
        ({"region": Region(left=0, top=9, width=1, height=2)}, "region"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(wrong, part):
    with pytest.raises(ValueError, match=part) as refusal:
        UpscaleRequest(**{"pixels": picture(), **wrong})
    assert str(refusal.value).endswith(".")
