"""Words that count more or less than the others of their prompt."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from studio.contract.prompt_weights import spoken


def words_and_weights(prompt: str) -> tuple[str, Callable[[int], float]]:
    """A prompt without its marks, and the weight of the token that begins at a character of it."""
    words, weights = spoken(prompt)
    return words, lambda start: weights[start] if start < len(weights) else 1.0


def weighed(states: Tensor, nothing: Tensor, weights: Sequence[Sequence[float]]) -> Tensor:
    """States [B, T, width] moved away from those of the empty prompt [1, T, width] by each token's
    weight: 0 is as if the token were not there, 1 leaves it as it is.
    """
    factors = torch.tensor(weights, dtype=states.dtype, device=states.device)[..., None]
    return torch.where(factors == 1, states, torch.lerp(nothing.expand_as(states), states, factors))
