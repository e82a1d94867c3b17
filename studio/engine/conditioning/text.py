"""Text as a condition: a prompt becomes tokens, the tokens a context for cross-attention."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from studio.contract.request import GenerateRequest
from studio.engine.conditioning.reading import Reading
from studio.engine.conditioning.weighing import weighed, words_and_weights
from studio.engine.configuration import ConfigError
from studio.engine.denoiser import Condition
from studio.engine.nets.text_transformer import TextTransformer, TextTransformerConfig
from studio.engine.skeleton import skeleton
from studio.engine.weights import load_module

PAD, CLS, UNKNOWN = "[PAD]", "[CLS]", "[UNK]"


def build_tokenizer(words: Iterable[str], max_length: int) -> Tokenizer:
    """A word-level tokenizer over ``words``, which it lower-cases; punctuation is dropped.

    Every prompt becomes [CLS] and its words, cut or padded to ``max_length`` ids; the empty prompt
    is [CLS] and padding, which is also what "no text" means to a denoiser.
    """
    lower = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    known = dict.fromkeys(lower.normalize_str(word) for word in words)
    vocabulary = {word: number for number, word in enumerate([PAD, CLS, UNKNOWN, *known])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = lower
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[^\w]+"), "removed")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A", special_tokens=[(CLS, vocabulary[CLS])]
    )
    tokenizer.enable_truncation(max_length)
    tokenizer.enable_padding(length=max_length, pad_id=vocabulary[PAD], pad_token=PAD)
    return tokenizer


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A prompt as ``ids``, [CLS] first and padded to the model's length, and their ``weights``.

    ``unknown`` are the words the tokenizer does not know, as written: they are left out.
    ``ignored`` is how many words at the end did not fit.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    unknown: tuple[str, ...]
    ignored: int


def tokenize(tokenizer: Tokenizer, prompt: str, max_length: int) -> Tokens:
    """Read a prompt, as long as it may be."""
    prompt, weight_at = words_and_weights(prompt)
    encoding = tokenizer.encode(prompt)
    words: list[int] = []
    weights: list[float] = []
    unknown: dict[str, None] = {}
    for part in (encoding, *encoding.overflowing):
        for number, token, (start, end) in zip(part.ids, part.tokens, part.offsets, strict=True):
            if token == UNKNOWN:
                unknown[prompt[start:end]] = None
            elif token not in (PAD, CLS):
                words.append(number)
                weights.append(weight_at(start))
    first, padding = tokenizer.token_to_id(CLS), tokenizer.token_to_id(PAD)
    assert first is not None
    assert padding is not None
    room = max_length - 1
    ids = [first, *words[:room]] + [padding] * (room - len(words))
    weights = [1.0, *weights[:room]] + [1.0] * (room - len(words))
    return Tokens(
        ids=tuple(ids),
        weights=tuple(weights),
        unknown=tuple(unknown),
        ignored=max(len(words) - room, 0),
    )


@dataclass(frozen=True, eq=False)
class TextCondition:
    """A tokenizer and the transformer trained with the denoiser."""

    tokenizer: Tokenizer
    transformer: TextTransformer

    @classmethod
    def load(cls, folder: Path, config: TextTransformerConfig, device: torch.device) -> Self:
        """From tokenizer.json and text_encoder.safetensors; raises ConfigError and WeightsError."""
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises nothing narrower
            raise ConfigError(f"tokenizer.json cannot be read: {error}.") from error
        special = [tokenizer.token_to_id(token) for token in (PAD, CLS, UNKNOWN)]
        if None in special or tokenizer.get_vocab_size() > config.vocab_size:
            raise ConfigError("tokenizer.json does not belong to this text encoder.")
        with skeleton():
            transformer = TextTransformer(config)
        load_module(transformer, folder / "text_encoder.safetensors", device)
        return cls(tokenizer, transformer.eval())

    def read(self, request: GenerateRequest, *, drop: bool) -> Reading:
        """``dropped`` is the negative prompt's context, or no text's."""
        prompt, negative = self._tokens(request.prompt), self._tokens(request.negative_prompt)
        differs = (prompt.ids, prompt.weights) != (negative.ids, negative.weights) and (
            drop or bool(request.negative_prompt)
        )
        return Reading(
            given=Condition(context=self._context(prompt)),
            dropped=Condition(context=self._context(negative)) if differs else None,
            notices=(*_notices("prompt", prompt), *_notices("negative prompt", negative)),
            unknown_words=tuple(dict.fromkeys(prompt.unknown + negative.unknown)),
        )

    def _tokens(self, prompt: str) -> Tokens:
        return tokenize(self.tokenizer, prompt, self.transformer.config.max_length)

    def _context(self, tokens: Tokens) -> Tensor:
        device = self.transformer.token_emb.weight.device
        ids = torch.tensor([tokens.ids], device=device)
        if set(tokens.weights) == {1.0}:
            return self.transformer(ids)
        nothing = self.transformer(torch.tensor([self._tokens("").ids], device=device))
        states = self.transformer(ids, torch.tensor([tokens.weights], device=device))
        return weighed(states, nothing, [tokens.weights])


def _notices(what: str, tokens: Tokens) -> list[str]:
    notices = []
    if tokens.ignored:
        count = "one word" if tokens.ignored == 1 else f"{tokens.ignored} words"
        notices.append(f"The {what} is too long for this model: the last {count} left out.")
    return notices
