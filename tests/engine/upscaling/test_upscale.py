"""The whole job with a tiny network."""

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio.contract.events import Cancelled, Failed, Loading
from studio.contract.geometry import Size
from studio.contract.upscaling import (
    BandDone,
    Region,
    TileDone,
    UpscaleFinished,
    UpscaleMode,
    UpscaleRequest,
    UpscaleStarted,
)
from studio.engine.library import ModelLibrary
from studio.engine.nets.upscaler import UpscalerNet
from studio.engine.upscaling.upscale import upscale


def picture(height: int, width: int, channels: int = 3, dtype: type = np.uint8) -> np.ndarray:
    """Smooth shapes with some noise."""
    rng = np.random.default_rng(height * 1000 + width)
    full = np.iinfo(dtype).max
    rough = rng.uniform(0, full, (max(2, height // 6), max(2, width // 6), channels))
    planes = [
        Image.fromarray(rough[..., c].astype(np.float32)).resize((width, height))
        for c in range(channels)
    ]
    noise = rng.normal(0, full / 50, (height, width, channels))
    return (np.stack(planes, 2) + noise).clip(0, full).round().astype(dtype)


def run(folder: Path, models: ModelLibrary, pixels: np.ndarray, **more) -> list:
    return list(upscale(UpscaleRequest(pixels=pixels, model=str(folder), **more), models))


def result(events: list) -> np.ndarray:
    assert isinstance(events[-1], UpscaleFinished), events[-1]
    bands = [event for event in events if isinstance(event, BandDone)]
    row = 0
    for band in bands:
        assert band.top == row
        row += len(band.pixels)
    whole = np.concatenate([band.pixels for band in bands])
    assert whole.shape[:2] == (events[-1].size.height, events[-1].size.width)
    return whole


def test_events_come_in_order(tiny_upscaler):
    events = run(tiny_upscaler, ModelLibrary(device="cpu"), picture(40, 60))
    kinds = [type(event) for event in events]
    started = kinds.index(UpscaleStarted)
    assert set(kinds[:started]) == {Loading}
    assert set(kinds[started + 1 : -1]) == {TileDone, BandDone}
    assert kinds[-1] is UpscaleFinished
    assert events[-1].evaluations == 1
    assert result(events).shape == (160, 240, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_kind_keeps_its_channels_and_depth(tiny_upscaler, models, channels, dtype):
    pixels = picture(20, 24, channels, dtype)
    made = result(run(tiny_upscaler, models, pixels, scale=2))
    assert made.dtype == dtype
    assert made.shape == (40, 48, channels)
    full = np.iinfo(dtype).max
    small = made.reshape(20, 2, 24, 2, channels).mean((1, 3)) / full
    assert np.abs(small - pixels / full).mean() < 0.06


def test_sixteen_bits_are_more_than_eight(tiny_upscaler, models):
    pixels = (np.arange(32 * 32).reshape(32, 32, 1) * 8).astype(np.uint16)
    made = result(run(tiny_upscaler, models, pixels))
    assert len(np.unique(made % 257)) > 100


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (17, 33), (130, 70)])
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_sizes_from_one_pixel_on(tiny_upscaler, models, size, scale):
    height, width = size
    made = result(run(tiny_upscaler, models, picture(height, width), scale=scale, tile=64))
    assert made.shape == (height * scale, width * scale, 3)


@pytest.mark.parametrize(
    "target", [Size(50, 31), Size(7, 200), Size(20, 10), Size(3, 300), Size(401, 403)]
)
def test_any_size_can_be_reached(tiny_upscaler, models, target):
    events = run(tiny_upscaler, models, picture(22, 25), target=target)
    assert result(events).shape == (target.height, target.width, 3)


def test_what_becomes_no_larger_is_only_resized(tiny_upscaler, models):
    pixels = picture(40, 60)
    events = run(tiny_upscaler, models, pixels, scale=0.5)
    (started,) = [event for event in events if isinstance(event, UpscaleStarted)]
    assert started.notices
    expected = Image.fromarray(pixels).resize((30, 20), Image.Resampling.LANCZOS)
    # PIL rounds 8-bit pictures between its two directions
    assert np.abs(result(events).astype(int) - np.asarray(expected)).max() <= 2
    np.testing.assert_array_equal(result(run(tiny_upscaler, models, pixels, scale=1)), pixels)


@pytest.mark.parametrize("mode", UpscaleMode)
def test_the_same_request_gives_the_same_pixels(tiny_upscaler, models, mode):
    pixels = picture(33, 41)
    once = result(run(tiny_upscaler, models, pixels, mode=mode, seed=5, strength=1.0))
    again = result(run(tiny_upscaler, models, pixels, mode=mode, seed=5, strength=1.0))
    other = result(run(tiny_upscaler, models, pixels, mode=mode, seed=6, strength=1.0))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any() == (mode is UpscaleMode.VIVID)


def test_vivid_without_strength_is_faithful(tiny_upscaler, models):
    pixels = picture(33, 41)
    vivid = run(tiny_upscaler, models, pixels, mode=UpscaleMode.VIVID, strength=0.0)
    np.testing.assert_array_equal(result(vivid), result(run(tiny_upscaler, models, pixels)))


@pytest.mark.parametrize("mode", UpscaleMode)
@pytest.mark.parametrize("size", [(150, 131), (50, 300), (300, 50)])
def test_tiles_agree_with_the_whole(tiny_upscaler, models, mode, size):
    pixels = picture(*size)
    more = {"mode": mode, "strength": 1.0, "seed": 3}
    whole = result(run(tiny_upscaler, models, pixels, tile=400, **more)).astype(int)
    tiled = result(run(tiny_upscaler, models, pixels, tile=64, **more)).astype(int)
    assert np.abs(whole - tiled).max() <= 1


@pytest.mark.parametrize("mode", UpscaleMode)
def test_a_region_is_what_it_is_in_the_whole(tiny_upscaler, models, mode):
    pixels = picture(150, 140)
    more = {"mode": mode, "strength": 1.0, "seed": 3, "scale": 3}
    whole = result(run(tiny_upscaler, models, pixels, **more)).astype(int)
    region = Region(left=71, top=50, width=30, height=40)
    part = result(run(tiny_upscaler, models, pixels, region=region, **more)).astype(int)
    assert np.abs(whole[150:270, 213:303] - part).max() <= 1


def test_every_part_is_shown_by_a_tile(tiny_upscaler, models):
    events = run(tiny_upscaler, models, picture(150, 131), tile=64)
    whole = result(events).astype(int)
    seen = np.zeros(whole.shape[:2], int)
    tiles = [event for event in events if isinstance(event, TileDone)]
    for number, tile in enumerate(tiles, start=1):
        assert (tile.number, tile.tiles) == (number, len(tiles))
        place = np.s_[tile.top : tile.top + tile.size.height,
                      tile.left : tile.left + tile.size.width]  # fmt: skip
        seen[place] += 1
        assert tile.pixels.shape == (tile.size.height, tile.size.width, 3)
        assert np.abs(whole[place] - tile.pixels).mean() < 1
    assert seen.min() == seen.max() == 1


@pytest.mark.parametrize("channels", [2, 4])
def test_what_is_transparent_is_so_in_the_tiles(tiny_upscaler, models, channels):
    pixels = picture(100, 90, channels)
    pixels[:, :40, -1] = 0
    pixels[:, 40:, -1] = 255
    region = Region(left=20, top=30, width=60, height=50)
    events = run(tiny_upscaler, models, pixels, tile=64, scale=3, region=region)
    whole = result(events)[..., -1].astype(int)
    tiles = [event for event in events if isinstance(event, TileDone)]
    for tile in tiles:
        place = np.s_[tile.top : tile.top + tile.size.height,
                      tile.left : tile.left + tile.size.width]  # fmt: skip
        assert np.abs(whole[place] - tile.pixels[..., -1]).mean() < 10
    assert sum(tile.size.width * tile.size.height for tile in tiles) == whole.size


def test_tiles_of_a_huge_result_are_shown_smaller(tiny_upscaler, models):
    events = run(tiny_upscaler, models, picture(160, 160))
    (tile,) = [event for event in events if isinstance(event, TileDone)]
    assert tile.size == Size(640, 640)
    assert tile.pixels.shape == (512, 512, 3)


def test_there_is_no_seam_on_a_gradient(tiny_upscaler, models):
    line = np.linspace(0, 255, 200).round().astype(np.uint8)
    pixels = np.repeat(np.repeat(line[None, :, None], 60, 0), 3, 2)
    made = result(run(tiny_upscaler, models, pixels, tile=64)).astype(int)
    whole = result(run(tiny_upscaler, models, pixels, tile=400)).astype(int)
    assert np.abs(np.diff(made, axis=1)).max() <= np.abs(np.diff(whole, axis=1)).max() + 1
    assert np.abs(np.diff(made, axis=0)).max() <= np.abs(np.diff(whole, axis=0)).max() + 1


def test_colour_does_not_drift(tiny_upscaler, models):
    pixels = np.full((60, 60, 3), (200, 90, 40), np.uint8)
    made = result(run(tiny_upscaler, models, pixels))
    assert np.abs(made.mean((0, 1)) - (200, 90, 40)).max() < 0.6


def test_no_halo_around_what_is_transparent(tiny_upscaler, models):
    """White on transparent black: what can be seen of it stays white."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = 255
    made = result(run(tiny_upscaler, models, pixels)).astype(int)
    visible = made[..., 3] > 0
    plain = result(run(tiny_upscaler, models, np.full((40, 40, 3), 255, np.uint8))).astype(int)
    assert made[visible][:, :3].min() >= plain.min() - 40
    assert made[80, 80, 3] > 230
    assert made[4, 4, 3] < 25


def test_opaque_stays_opaque(tiny_upscaler, models):
    pixels = picture(30, 30, 4)
    pixels[..., 3] = 255
    made = result(run(tiny_upscaler, models, pixels))
    assert made[..., 3].min() == 255
    plain = result(run(tiny_upscaler, models, pixels[..., :3]))
    np.testing.assert_array_equal(made[..., :3], plain)


def test_too_little_memory_halves_the_tile_and_goes_on(tiny_upscaler, models, monkeypatch):
    pixels = picture(150, 131)
    expected = result(run(tiny_upscaler, models, pixels, tile=400)).astype(int)
    forward, refused = UpscalerNet.forward, []

    def small_only(self, x_t, picture, *told):
        if picture.shape[2] * picture.shape[3] > 80 * 80:
            refused.append(picture.shape)
            raise torch.OutOfMemoryError("out of memory")
        return forward(self, x_t, picture, *told)

    monkeypatch.setattr(UpscalerNet, "forward", small_only)
    made = result(run(tiny_upscaler, models, pixels, tile=400)).astype(int)
    assert len(refused) == 1
    assert np.abs(made - expected).max() <= 1


def test_too_little_memory_for_any_tile_is_said(tiny_upscaler, models, monkeypatch):
    def never(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(UpscalerNet, "forward", never)
    end = run(tiny_upscaler, models, picture(100, 100))[-1]
    assert isinstance(end, Failed)
    assert "memory" in end.sentence


def test_cancelling_takes_effect_between_tiles(tiny_upscaler, models):
    flag = threading.Event()
    request = UpscaleRequest(pixels=picture(200, 200), model=str(tiny_upscaler), tile=64)
    events = []
    for event in upscale(request, models, flag):
        events.append(event)
        if isinstance(event, TileDone) and event.number == 3:
            flag.set()
    assert isinstance(events[-1], Cancelled)
    assert sum(isinstance(event, TileDone) for event in events) == 3


def test_a_model_that_paints_is_refused(tiny_model, models):
    end = run(tiny_model, models, picture(9, 9))[-1]
    assert isinstance(end, Failed)
    assert "larger" in end.sentence


def test_a_missing_model_is_said(models):
    end = run(Path("nothing-here"), models, picture(9, 9))[-1]
    assert isinstance(end, Failed)
    assert "no model" in end.sentence


def test_the_bands_of_a_large_result_are_low(tiny_upscaler, models):
    events = run(tiny_upscaler, models, picture(200, 20))
    bands = [event.pixels.shape[0] for event in events if isinstance(event, BandDone)]
    assert sum(bands) == 800
    assert max(bands) <= 256


def test_repair_is_told_to_the_network(tiny_upscaler, models):
    pixels = picture(20, 20)
    made = [result(run(tiny_upscaler, models, pixels, repair=repair)) for repair in (0.0, 0.5)]
    assert any((one != other).any() for one, other in itertools.pairwise(made))
