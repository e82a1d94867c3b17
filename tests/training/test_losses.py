"""Loss terms of first stage and upscaler."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from studio.training.losses import (
    PatchDiscriminator,
    adaptive_weight,
    finest_octave,
    gradient_difference,
    gradient_strength,
    hinge_loss,
    perceptual_distance,
    texture_difference,
)


def test_hinge_loss_is_zero_once_the_margin_is_kept() -> None:
    real, fake = torch.full((2, 1, 4, 4), 1.5), torch.full((2, 1, 4, 4), -1.5)
    assert hinge_loss(real, fake) == 0
    assert hinge_loss(fake, real) == pytest.approx(2.5)


def test_adaptive_weight_balances_the_gradients() -> None:
    weight = torch.randn(3, requires_grad=True)
    reconstruction, generator = (6 * weight).sum(), (2 * weight).sum()
    assert adaptive_weight(reconstruction, generator, weight) == pytest.approx(3, rel=1e-3)


def test_perceptual_distance_ignores_strength_but_not_direction() -> None:
    features = [torch.randn(2, 8, 4, 4)]
    assert perceptual_distance(features, [2 * features[0]]) == pytest.approx(0, abs=1e-5)
    assert perceptual_distance(features, [-features[0]]) == pytest.approx(4, rel=1e-4)


def test_gradient_difference_ignores_brightness() -> None:
    images = torch.randn(1, 3, 8, 8)
    assert gradient_difference(images, images + 1) == pytest.approx(0, abs=1e-6)
    assert gradient_difference(images, 0 * images) > 0.1


def test_discriminator_judges_patches() -> None:
    logits = PatchDiscriminator(8, layers=2)(torch.randn(2, 3, 64, 64))
    assert logits.shape == (2, 1, 14, 14)


@pytest.mark.parametrize("strength", [torch.abs, gradient_strength])
def test_texture_counts_detail_wherever_it_is(strength: Callable[[Tensor], Tensor]) -> None:
    generator = torch.Generator().manual_seed(3)
    grass = torch.randn(1, 3, 64, 64, generator=generator)
    moved = grass.roll((5, 3), (2, 3))
    blurred = torch.nn.functional.avg_pool2d(grass, 3, 1, 1)

    def difference(made: Tensor) -> Tensor:
        return texture_difference(grass, made, strength=strength)

    assert difference(grass) == 0
    assert difference(moved) < 0.3 * difference(blurred)
    assert difference(grass.roll(5, 3)) < 0.2 * difference(grass * 0.3)
    assert (grass - moved).abs().mean() > (grass - blurred).abs().mean()


def test_the_finest_octave_is_all_of_a_chessboard_and_nothing_of_a_plane() -> None:
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(1, 1, 4, 4)
    assert torch.equal(finest_octave(board), board)
    assert finest_octave(torch.ones(1, 3, 8, 8)).abs().max() == 0
