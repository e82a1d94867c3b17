import pytest
import torch
import torch.nn.functional as F

from studio.engine.tiling import spans, tiled


@pytest.mark.parametrize("length", [1, 63, 64, 65, 100, 128, 511])
def test_tiles_cover_everything_and_overlap(length):
    begins = spans(length, 64, 16)
    ends = [begin + min(64, length) for begin in begins]
    assert begins[0] == 0
    assert ends[-1] == length
    pairs = zip(begins[1:], ends, strict=False)
    assert all(end - begin >= 16 for begin, end in pairs)


@pytest.mark.parametrize("shape", [(40, 40), (33, 70), (10, 90), (16, 16), (17, 24)])
def test_tiled_equals_untiled_for_a_pointwise_operator(shape):
    z = torch.randn(1, 3, *shape)

    def enlarge(part):
        return F.interpolate(torch.tanh(part), scale_factor=2)

    found = tiled(enlarge, z, factor=2, tile=16, overlap=4)
    torch.testing.assert_close(found, enlarge(z), rtol=1e-5, atol=1e-6)


def test_tiled_nearly_equals_untiled_for_a_local_operator():
    """A convolution sees the tile's border as zeros; the ramp gives that border little weight."""
    torch.manual_seed(0)
    z = F.avg_pool2d(torch.randn(1, 1, 56, 56), 9, stride=1) * 9
    kernel = torch.full((1, 1, 3, 3), 1 / 9)

    def blur(part):
        return F.conv2d(part, kernel, padding=1)

    whole = blur(z)
    error = (tiled(blur, z, factor=1, tile=24, overlap=8) - whole).abs()
    assert error.max() < 0.05 * whole.abs().max()
    assert error.median() < 1e-6
    no_blending = tiled(blur, z, factor=1, tile=24, overlap=2)
    assert error.max() < (no_blending - whole).abs().max() / 2
