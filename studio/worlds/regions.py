"""Label maps as regions: what an annotator would trace, without specks."""

import torch
import torch.nn.functional as F
from torch import Tensor

_WINDOW = 5


def without_specks(labels: Tensor) -> Tensor:
    """int64 ids [B, H, W] -> the commonest label of each pixel's 5 x 5 neighbourhood.

    A renderer knows the label of every blade and pebble; a map of regions, like the superpixels
    of COCO-Stuff's annotators, does not. A pixel's own label wins a tie.
    """
    best = torch.zeros(labels.shape, device=labels.device)
    result = labels.clone()
    for label in torch.unique(labels):
        own = (labels == label).float()
        padded = F.pad(own[:, None], (_WINDOW // 2,) * 4, mode="replicate")
        share = F.avg_pool2d(padded, _WINDOW, 1)[:, 0] + own * (0.5 / _WINDOW**2)
        wins = share > best
        result = torch.where(wins, label, result)
        best = torch.maximum(best, share)
    return result
