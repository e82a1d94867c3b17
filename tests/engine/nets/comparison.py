"""What the comparisons with other implementations of the same networks share."""

import torch
from torch import Tensor, nn


def shaken(module: nn.Module, seed: int = 0) -> nn.Module:
    """The network with random values everywhere, also where it starts with zeros."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
            else:
                parameter.add_(0.1 * noise)
    return module.eval().requires_grad_(False)


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def relative_error(ours: Tensor, theirs: Tensor) -> float:
    assert ours.shape == theirs.shape
    ours, theirs = ours.detach(), theirs.detach()
    return float((ours - theirs).abs().max() / theirs.abs().max())


def size(module: nn.Module) -> tuple[int, int]:
    """The number of values and of tensors that a network saves."""
    state = module.state_dict()
    return sum(tensor.numel() for tensor in state.values()), len(state)
