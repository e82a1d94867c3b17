"""Windows, tiles, noise, resizing and the first stage by themselves."""

import itertools
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from studio.engine.model_error import ModelError
from studio.engine.nets.upscaler import UpscalerNet, UpscalerNetConfig
from studio.engine.upscaling.config import read_upscaler_config
from studio.engine.upscaling.first_stage import (
    ResidualFirstStage,
    bicubic_cells,
    low_frequencies,
    without_drift,
)
from studio.engine.upscaling.noise import noise_rows
from studio.engine.upscaling.resize import Axis, resized
from studio.engine.upscaling.rows import Window
from studio.engine.upscaling.source import Source
from studio.engine.upscaling.tiles import OVERLAP, TileGrid, blended, spans
from tests.tiny_upscaler import CONFIG


def blocks(x: torch.Tensor, *heights: int):
    """A stage that yields x in blocks, with a signal before each."""
    top = 0
    for height in heights:
        yield f"row {top}"
        yield x[:, top : top + height]
        top += height


def test_a_window_passes_signals_on_and_keeps_what_is_needed():
    x = torch.arange(10.0)[None, :, None].expand(1, 10, 3)
    window = Window(blocks(x, 3, 3, 4), 10)
    assert list(window.fill(4)) == ["row 0", "row 3"]
    assert torch.equal(window.rows(2, 5), x[:, 2:5])
    assert list(window.fill(5)) == []
    assert list(window.fill(99)) == ["row 6"]
    assert torch.equal(window.rows(4, 10), x[:, 4:10])


def test_rows_are_joined_once_for_all_who_ask():
    x = torch.arange(12.0)[None, :, None].expand(1, 12, 3).contiguous()
    window = Window(blocks(x, 4, 4, 4), 12)
    list(window.fill(8))
    first = window.rows(2, 7)
    assert window.rows(2, 7).data_ptr() == first.data_ptr()
    assert torch.equal(first, x[:, 2:7])
    assert torch.equal(window.rows(5, 7), x[:, 5:7])
    list(window.fill(12))
    assert torch.equal(window.rows(5, 12), x[:, 5:12])
    assert torch.equal(window.rows(11, 14), x[:, [11, 11, 11]])


def test_beyond_a_window_its_borders_repeat():
    x = torch.arange(4.0)[None, :, None]
    window = Window(blocks(x, 4), 4)
    list(window.fill(4))
    assert window.rows(-2, 6).flatten().tolist() == [0, 0, 0, 1, 2, 3, 3, 3]


@pytest.mark.parametrize("length", [1, 16, 48, 49, 63, 64, 65, 100, 129, 1000, 1023])
@pytest.mark.parametrize("tile", [48, 64, 65, 200])
def test_spans_cover_everything_evenly(length, tile):
    found = spans(length, tile)
    assert found[0][0] == 0
    assert found[-1][1] == length
    for (begin, end), (following, _) in itertools.pairwise(found):
        assert end - following == OVERLAP
        assert begin % 2 == following % 2 == 0
    assert max(end - begin for begin, end in found) <= tile + 2


@pytest.mark.parametrize("size", [(50, 60), (150, 131), (131, 300)])
def test_blending_gives_back_what_tiles_agree_on(size):
    x = torch.randn(2, *size)
    grid = TileGrid.of(*size, 64, 10**6)
    stage = blended(grid, lambda t: x[:, t.top : t.bottom, t.left : t.right])
    torch.testing.assert_close(torch.cat(list(stage), 1), x)


def test_a_wide_map_gets_low_bands():
    grid = TileGrid.of(400, 50_000, 384, 600_000)
    assert max(bottom - top for top, bottom in grid.down) <= 2 * OVERLAP + 2
    assert max(right - left for left, right in grid.across) <= 386


def test_noise_belongs_to_its_place():
    whole = noise_rows(7, 1, (0, 40), (0, 200), 5)
    part = noise_rows(7, 1, (13, 31), (60, 150), 5)
    assert torch.equal(whole[:, 13:31, 60:150], part)
    assert whole.std() == pytest.approx(1, abs=0.02)
    assert not torch.equal(noise_rows(8, 1, (0, 40), (0, 200), 5), whole)
    assert not torch.equal(noise_rows(7, 2, (0, 40), (0, 200), 5), whole)


@pytest.mark.parametrize(("height", "width"), [(20, 33), (160, 41), (47, 90)])
def test_resizing_in_bands_equals_resizing_at_once(height, width):
    x = torch.rand(2, 80, 60)
    window = Window(blocks(x, 30, 30, 20), 80)
    down = Axis(begin=0, ratio=80 / height, length=height)
    across = Axis(begin=0, ratio=60 / width, length=width)
    made = torch.cat(
        [part for part in resized(window, down, across) if not isinstance(part, str)], 1
    )
    expected = np.stack(
        [
            np.asarray(Image.fromarray(p.numpy()).resize((width, height), Image.Resampling.LANCZOS))
            for p in x
        ]
    )
    np.testing.assert_allclose(made.numpy(), expected, atol=2e-5)


def test_bicubic_is_that_of_other_programs():
    pixels = np.random.default_rng(0).uniform(-1, 1, (20, 24)).astype(np.float32)
    cells = bicubic_cells(torch.from_numpy(pixels).expand(1, 3, -1, -1))
    made = F.pixel_shuffle(cells, 4)[0, 1].numpy()
    expected = Image.fromarray(pixels).resize((96, 80), Image.Resampling.BICUBIC)
    inside = np.s_[8:-8, 8:-8]  # at the very border there are two customs
    np.testing.assert_allclose(made[inside], np.asarray(expected)[inside], atol=1e-5)


def test_the_first_stage_loses_nothing():
    stage = ResidualFirstStage()
    basis, _ = torch.linalg.qr(torch.randn(48, 48))
    stage.basis.copy_(basis)
    stage.std.uniform_(0.1, 1)
    residual = torch.randn(2, 3, 16, 24)
    torch.testing.assert_close(stage.decode(stage.encode(residual)), residual, atol=1e-5, rtol=0)


def test_drift_is_what_is_taken_away():
    cells = torch.full((1, 48, 30, 30), 0.3)
    assert without_drift(cells).abs().max() < 1e-5
    fine = torch.randn(1, 48, 30, 30)
    fine -= (
        fine.unflatten(1, (3, 16)).mean(2, keepdim=True).expand(-1, -1, 16, -1, -1).flatten(1, 2)
    )
    assert low_frequencies(fine).abs().max() < 1e-6
    torch.testing.assert_close(without_drift(fine), fine, atol=1e-5, rtol=0)


def test_the_network_takes_any_size_and_heeds_its_conditions():
    torch.manual_seed(0)
    network = UpscalerNet(UpscalerNetConfig(width=8, inner_width=8, blocks=(1, 1, 1), embedding=8))
    z, picture = torch.randn(1, 48, 7, 10), torch.randn(1, 3, 7, 10)
    zero, one = torch.zeros(1), torch.ones(1)
    out = network(z, picture, one, zero)
    assert out.shape == (1, 48, 7, 10)
    for other in (network(z, picture, zero, zero), network(z, picture, one, one),
                  network(z * 2, picture, one, zero), network(z, -picture, one, zero)):  # fmt: skip
        assert (other - out).abs().max() > 1e-6


def test_one_picture_is_computed_as_many_are():
    torch.manual_seed(0)
    network = UpscalerNet(UpscalerNetConfig(width=8, inner_width=8, blocks=(1, 1, 1), embedding=8))
    given = torch.randn(1, 48, 9, 9), torch.randn(1, 3, 9, 9), torch.ones(1), torch.ones(1)
    with torch.no_grad():
        alone = network(*given)
        several = network(*(torch.cat([part, part]) for part in given))
    torch.testing.assert_close(alone, several[:1])


def test_what_is_far_away_has_no_effect():
    torch.manual_seed(0)
    network = UpscalerNet(UpscalerNetConfig(width=8, inner_width=8, blocks=(1, 1, 1), embedding=8))
    picture = torch.randn(1, 3, 60, 60)
    changed = picture.clone()
    changed[..., 40:] += 1
    nothing, one = torch.zeros(1, 48, 60, 60), torch.ones(1)
    before, after = (network(nothing, p, one, one) for p in (picture, changed))
    assert torch.equal(before[..., :20], after[..., :20])


def test_colour_goes_on_under_what_is_transparent():
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[20:40, 20:40] = (200, 100, 50, 255)
    colour = torch.cat(list(Source(pixels, None).colour()), 1)
    made = (colour + 1) * 127.5
    near = made[:, 15, 15].round().tolist()
    assert near == [200, 100, 50]
    assert made[:, 0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"vivid_times": []}, "vivid_times"),
        ({"vivid_times": [0.3, 0.6]}, "descend"),
        ({"vivid_times": [1.5]}, "vivid_times"),
        ({"vivid_gain": 0.0}, "vivid_gain"),
        ({"family": "landscape"}, "landscape"),
        ({"format": 9}, "format"),
        ({"network": {"width": 8, "latent": 4}}, "48"),
        ({"network": {"width": 8, "blocks": [1, 1]}}, "three"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_config_is_refused(tmp_path, change, part):
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, **change}), encoding="utf-8")
    with pytest.raises(ModelError, match=part):
        read_upscaler_config(tmp_path)
