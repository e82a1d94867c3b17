"""Loss terms of first stage (arXiv:2112.10752, appendix G) and upscaler."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PatchDiscriminator(nn.Sequential):
    """PatchGAN: [B, inputs, H, W] in -1..1 -> logits [B, 1, H/2^n, W/2^n], real is positive."""

    def __init__(self, channels: int = 64, layers: int = 2, inputs: int = 3) -> None:
        modules: list[nn.Module] = [nn.Conv2d(inputs, channels, 4, 2, 1), nn.LeakyReLU(0.2)]
        width = channels
        for layer in range(1, layers + 1):
            wider = channels * min(2**layer, 8)
            stride = 2 if layer < layers else 1
            modules += [
                nn.Conv2d(width, wider, 4, stride, 1, bias=False),
                nn.BatchNorm2d(wider),
                nn.LeakyReLU(0.2),
            ]
            width = wider
        modules.append(nn.Conv2d(width, 1, 4, 1, 1))
        super().__init__(*modules)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.02)


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's hinge loss, 1/2 (max(0, 1 - D(x)) + max(0, 1 + D(x~)))."""
    return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean())


def perceptual_distance(real: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Mean squared distance of unit-length features over the layers of a network, as in LPIPS."""
    total = real[0].new_zeros(())
    for one, other in zip(real, made, strict=True):
        difference = F.normalize(one, dim=1, eps=1e-6) - F.normalize(other, dim=1, eps=1e-6)
        total = total + difference.square().sum(1).mean()
    return total


def adaptive_weight(
    reconstruction: Tensor, generator: Tensor, last_layer: Tensor, limit: float = 1e4
) -> Tensor:
    """lambda = |grad of reconstruction| / |grad of generator| at the last layer, at most ``limit``.

    While the discriminator is still undecided its gradient vanishes, and without a tight limit
    lambda would drown the reconstruction in it.
    """
    (toward,) = torch.autograd.grad(reconstruction, last_layer, retain_graph=True)
    (against,) = torch.autograd.grad(generator, last_layer, retain_graph=True)
    return (toward.norm() / (against.norm() + 1e-4)).clamp(0, limit).detach()


def gradient_difference(real: Tensor, made: Tensor) -> Tensor:
    """Mean |difference of horizontal and vertical finite differences| of two [B, C, H, W]."""
    across = (real.diff(dim=-1) - made.diff(dim=-1)).abs().mean()
    down = (real.diff(dim=-2) - made.diff(dim=-2)).abs().mean()
    return across + down


def finest_octave(images: Tensor) -> Tensor:
    """Of [B, C, H, W], even H and W: what a mean over 2 x 2 pixels takes away."""
    smooth = F.interpolate(
        F.avg_pool2d(images, 2), scale_factor=2, mode="bilinear", align_corners=False
    )
    return images - smooth


def gradient_strength(detail: Tensor) -> Tensor:
    """|horizontal| + |vertical finite difference|: [B, C, H, W] -> [B, C, H - 1, W - 1]."""
    across, down = detail.diff(dim=-1).abs(), detail.diff(dim=-2).abs()
    return across[..., :-1, :] + down[..., :-1]


def texture_difference(
    real: Tensor,
    made: Tensor,
    *,
    bands: int = 2,
    window: int = 8,
    strength: Callable[[Tensor], Tensor] = torch.abs,
) -> Tensor:
    """Mean |difference of how strong the detail is| around every place of two [B, C, H, W].

    Detail of band k is that octave's finest; its strength is the mean of ``strength`` of it in a
    window. A network that can't know where each blade of grass stands is punished by |x - x~| for
    drawing any: this term pays for as much detail as there was.
    """
    total = real.new_zeros(())
    for _ in range(bands):
        strengths = [
            F.avg_pool2d(strength(finest_octave(images)), window, window // 2)
            for images in (real, made)
        ]
        total = total + (strengths[0] - strengths[1]).abs().mean()
        real, made = F.avg_pool2d(real, 2), F.avg_pool2d(made, 2)
    return total
