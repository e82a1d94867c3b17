"""A prompt as the context of a published text encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from studio.contract.request import GenerateRequest
from studio.engine.conditioning.prompt_tokens import (
    PromptIds,
    PromptTokenizer,
    bert_tokenizer,
    clip_tokenizer,
)
from studio.engine.conditioning.reading import Reading
from studio.engine.conditioning.weighing import weighed
from studio.engine.denoiser import Condition
from studio.engine.nets.text_transformer import ClipText, ClipTextConfig, TextTransformer


@dataclass(frozen=True, eq=False)
class PromptCondition:
    """The encoder, and the folders where its word list may lie: it is looked for at the first
    prompt, since everything else works without.
    """

    encoder: ClipText | TextTransformer
    folders: tuple[Path, ...]

    @cached_property
    def tokenizer(self) -> PromptTokenizer:
        """Raises ModelError, which says which file to put where."""
        config = self.encoder.config
        sizes = {"vocabulary": config.vocab_size, "length": config.max_length}
        if isinstance(config, ClipTextConfig):
            zero = config.activation == "gelu"  # OpenCLIP fills up with zeros
            return clip_tokenizer(self.folders, pads_with_zero=zero, **sizes)
        return bert_tokenizer(self.folders, **sizes)

    def encode(self, prompts: Sequence[str]) -> Tensor:
        """The context [B, T, width] of B prompts; raises ModelError."""
        return self._context([self.tokenizer.read(prompt) for prompt in prompts])

    def read(self, request: GenerateRequest) -> Reading:
        """``dropped`` is the negative prompt's context, which may be empty; raises ModelError."""
        prompt = self.tokenizer.read(request.prompt)
        negative = self.tokenizer.read(request.negative_prompt)
        differs = (prompt.ids, prompt.weights) != (negative.ids, negative.weights)
        return Reading(
            given=Condition(context=self._context([prompt])),
            dropped=Condition(context=self._context([negative])) if differs else None,
            notices=(*_notices("prompt", prompt), *_notices("negative prompt", negative)),
            unknown_words=tuple(dict.fromkeys(prompt.unknown + negative.unknown)),
        )

    def _context(self, prompts: list[PromptIds]) -> Tensor:
        device = next(self.encoder.parameters()).device
        ids = torch.tensor([prompt.ids for prompt in prompts], device=device)
        states: Tensor = self.encoder(ids)
        if all(set(prompt.weights) == {1.0} for prompt in prompts):
            return states
        nothing = self.encoder(torch.tensor([self.tokenizer.read("").ids], device=device))
        return weighed(states, nothing, [prompt.weights for prompt in prompts])


def _notices(what: str, prompt: PromptIds) -> list[str]:
    notices = []
    if prompt.ignored:
        notices.append(f"The {what} is too long for this model: its end was left out.")
    return notices
