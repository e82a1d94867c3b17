"""Layers that compute in the dtype of what they are given, whatever dtype their weights have.

A published model's weights stay as they lie in the file, mapped and not copied: half as large as in
float32, and often in another half precision than the processor computes in (convolving in float16
can take a hundred times as long as in bfloat16). To cast a layer's weights when it runs costs about
0.3 ns a value, some percent of what the layer itself costs.
"""

from typing import overload

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@overload
def cast(weight: Tensor, x: Tensor) -> Tensor: ...
@overload
def cast(weight: None, x: Tensor) -> None: ...
def cast(weight: Tensor | None, x: Tensor) -> Tensor | None:
    """``weight`` in x's dtype; itself where it has that already, or where autocast decides."""
    if weight is None or weight.dtype == x.dtype or torch.is_autocast_enabled(x.device.type):
        return weight
    if weight.dtype == torch.float16 and x.dtype == torch.bfloat16 and x.device.type == "cpu":
        return weight.float().bfloat16()  # four times as fast as at once
    return weight.to(x.dtype)


class Linear(nn.Linear):
    """See torch.nn.Linear."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, cast(self.weight, x), cast(self.bias, x))


class Conv1d(nn.Conv1d):
    """See torch.nn.Conv1d."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, cast(self.weight, x), cast(self.bias, x))


class Conv2d(nn.Conv2d):
    """See torch.nn.Conv2d."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, cast(self.weight, x), cast(self.bias, x))


class LayerNorm(nn.LayerNorm):
    """See torch.nn.LayerNorm."""

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = cast(self.weight, x), cast(self.bias, x)
        return F.layer_norm(x, self.normalized_shape, weight, bias, self.eps)


class GroupNorm(nn.GroupNorm):
    """Group normalisation whose statistics are taken in float32 whatever the dtype of x.

    x and the result: [B, C, ...], same dtype.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype in (torch.float16, torch.bfloat16):
            weight, bias = self.weight.float(), self.bias.float()
            return F.group_norm(x.float(), self.num_groups, weight, bias, self.eps).to(x.dtype)
        weight, bias = cast(self.weight, x), cast(self.bias, x)
        return F.group_norm(x, self.num_groups, weight, bias, self.eps)


class StoredNetwork(nn.Module):
    """A network that may compute in another dtype than its weights are stored in."""

    compute_dtype: torch.dtype | None = None
    """None: the weights' own."""

    @property
    def dtype(self) -> torch.dtype:
        """The dtype it computes in."""
        return self.compute_dtype or next(self.parameters()).dtype
