"""Figures that say how good a picture, a reconstruction or a map is."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

BANDS = 3


def psnr(one: Tensor, other: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two [B, 3, H, W] in -1..1, over the whole batch."""
    mse = ((one - other) / 2).square().mean().item()
    return math.inf if mse == 0 else -10 * math.log10(mse)


def band_gradients(images: Tensor) -> Tensor:
    """Mean |gradient| of each octave band of [B, 3, H, W]: [BANDS], the finest first.

    Band k is the k-th level of a Laplacian pyramid of 2 x 2 means; its gradient is the mean of the
    absolute horizontal and vertical differences.
    """
    results = []
    for _ in range(BANDS):
        coarse = F.avg_pool2d(images, 2)
        smooth = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
        band = images - smooth
        across = band.diff(dim=-1).abs().mean()
        down = band.diff(dim=-2).abs().mean()
        results.append((across + down) / 2)
        images = coarse
    return torch.stack(results)


def frechet_distance(one: Tensor, other: Tensor) -> float:
    """Squared Frechet distance of Gaussians fitted to two sets of features [N, D], [M, D].

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)); the trace of the root is the sum of the square
    roots of the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric and positive.
    """
    one, other = one.double(), other.double()
    c1, c2 = torch.cov(one.T), torch.cov(other.T)
    values, vectors = torch.linalg.eigh(c1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ c2 @ root).clamp(min=0).sqrt().sum()
    mean = (one.mean(0) - other.mean(0)).square().sum()
    return float(mean + c1.trace() + c2.trace() - 2 * cross)


class Confusion:
    """Counts of (true channel, predicted channel) over maps of ``labels`` channels."""

    def __init__(self, labels: int) -> None:
        self.counts = torch.zeros(labels, labels, dtype=torch.long)

    def add(self, truth: Tensor, predicted: Tensor) -> None:
        """Count two int64 maps of one shape, but for pixels whose truth is not in 0..labels-1."""
        labels = len(self.counts)
        inside = (truth >= 0) & (truth < labels)
        pairs = truth[inside] * labels + predicted[inside]
        self.counts += torch.bincount(pairs.flatten(), minlength=labels**2).view(labels, labels)

    def pixel_accuracy(self) -> float:
        """Share of pixels whose prediction is the truth."""
        return float(self.counts.diagonal().sum() / self.counts.sum())

    def iou(self) -> dict[int, float]:
        """Intersection over union of every channel that occurs in the truth."""
        hit = self.counts.diagonal()
        union = self.counts.sum(0) + self.counts.sum(1) - hit
        present = self.counts.sum(1) > 0
        return {int(i): float(hit[i] / union[i]) for i in torch.nonzero(present).flatten()}

    def mean_iou(self) -> float:
        """Mean of ``iou``."""
        values = self.iou().values()
        return sum(values) / len(values)
