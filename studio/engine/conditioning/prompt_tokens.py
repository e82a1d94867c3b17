"""The published text encoders' tokenizers, from the files that come with a model."""

import gzip
import html
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import ftfy
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)

from studio.engine.conditioning.weighing import words_and_weights
from studio.engine.model_error import ModelError

_OPEN_AI = "bpe_simple_vocab_16e6.txt.gz"
_MERGES = 48_894
"""CLIP's vocabulary is cut off after so many merges of the published list."""
_BEGIN, _END = "<|startoftext|>", "<|endoftext|>"
_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


@dataclass(frozen=True, kw_only=True)
class PromptIds:
    """A prompt as ``ids``, as many as the encoder takes, and their ``weights``; ``unknown`` words
    became [UNK], the last ``ignored`` tokens did not fit.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    unknown: tuple[str, ...]
    ignored: int


@dataclass(frozen=True, eq=False)
class PromptTokenizer:
    """Puts a prompt, once ``cleaned``, between ``begin`` and ``end`` and fills it up to ``length``
    with ``pad``.
    """

    tokenizer: Tokenizer
    begin: int
    end: int
    pad: int
    length: int
    cleaned: Callable[[str], str] = str

    def read(self, prompt: str) -> PromptIds:
        """Read a prompt, as long as it may be."""
        prompt, weight_at = words_and_weights(self.cleaned(prompt))
        encoding = self.tokenizer.encode(prompt, add_special_tokens=False)
        unknown = [
            prompt[slice(*offsets)]
            for token, offsets in zip(encoding.tokens, encoding.offsets, strict=True)
            if token == "[UNK]"
        ]
        room = self.length - 2
        ids = [self.begin, *encoding.ids[:room], self.end]
        weights = [1.0, *(weight_at(start) for start, _ in encoding.offsets[:room])]
        weights += [1.0] * (self.length - len(weights))
        ids += [self.pad] * (self.length - len(ids))
        return PromptIds(
            ids=tuple(ids),
            weights=tuple(weights),
            unknown=tuple(dict.fromkeys(unknown)),
            ignored=max(len(encoding.ids) - room, 0),
        )


def clip_tokenizer(
    folders: Iterable[Path], *, vocabulary: int, length: int, pads_with_zero: bool
) -> PromptTokenizer:
    """CLIP's byte pairs, from the first folder that has tokenizer.json, vocab.json with
    merges.txt, or OpenAI's list of merges.

    ``vocabulary`` is the number of the encoder's tokens. ModelError says which file to put where.
    """
    folders = list(folders)
    tokenizer = _first(folders, ("tokenizer.json",), _whole) or _first(
        folders, ("vocab.json", "merges.txt"), _byte_pairs
    )
    tokenizer = tokenizer or _first(folders, (_OPEN_AI,), _open_ai)
    if tokenizer is None:
        raise ModelError(
            "To read prompts, this model needs CLIP's word list, which did not come with it.",
            f"Put vocab.json and merges.txt of clip-vit-large-patch14 (or {_OPEN_AI}) into "
            f"{folders[0]}.",
        )
    begin, end = (_special(tokenizer, token, vocabulary) for token in (_BEGIN, _END))
    pad = _pad_told(folders, tokenizer)
    if pad is None:
        pad = 0 if pads_with_zero else end
    return PromptTokenizer(tokenizer, begin, end, pad, length, cleaned)


def cleaned(prompt: str) -> str:
    """A prompt as CLIP's training texts were cleaned: broken encodings mended, typographic quotes
    made plain, HTML's entities resolved twice, white space made single.
    """
    text = html.unescape(html.unescape(ftfy.fix_text(prompt)))
    return " ".join(text.split())


def bert_tokenizer(folders: Iterable[Path], *, vocabulary: int, length: int) -> PromptTokenizer:
    """BERT's lower-cased word pieces, from the first folder with tokenizer.json or vocab.txt.

    Arguments and ModelError as for clip_tokenizer.
    """
    folders = list(folders)
    tokenizer = _first(folders, ("tokenizer.json",), _whole) or _first(
        folders, ("vocab.txt",), _word_pieces
    )
    if tokenizer is None:
        raise ModelError(
            "To read prompts, this model needs BERT's word list, which did not come with it.",
            f"Put vocab.txt of bert-base-uncased into {folders[0]}.",
        )
    begin, end, pad = (_special(tokenizer, token, vocabulary) for token in BERT_SPECIAL)
    return PromptTokenizer(tokenizer, begin, end, pad, length)


BERT_SPECIAL = ("[CLS]", "[SEP]", "[PAD]")


def _first(folders: list[Path], names: tuple[str, ...], read) -> Tokenizer | None:  # type: ignore[no-untyped-def]
    for folder in folders:
        files = [folder / name for name in names]
        if all(file.is_file() for file in files):
            try:
                return read(*files)
            except Exception as error:  # the library raises nothing narrower
                raise ModelError(
                    f"The word list {files[0]} is damaged ({error}).", "Get the file again."
                ) from error
    return None


def _whole(file: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _byte_pairs(vocab: Path, merges: Path) -> Tokenizer:
    lines = merges.read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line.strip() and not line.startswith("#version")]
    return _clip(
        json.loads(vocab.read_text(encoding="utf-8")), [(first, last) for first, last in pairs]
    )


def _open_ai(file: Path) -> Tokenizer:
    """The order of the vocabulary: bytes, bytes that end a word, merges, the two specials."""
    with gzip.open(file, "rt", encoding="utf-8") as text:
        lines = text.read(2**25).split("\n")[1 : _MERGES + 1]
    pairs = [(first, last) for first, last in (line.split() for line in lines)]
    symbols = _byte_symbols()
    tokens = [*symbols, *(f"{symbol}</w>" for symbol in symbols)]
    tokens += [first + last for first, last in pairs]
    tokens += [_BEGIN, _END]
    return _clip({token: number for number, token in enumerate(tokens)}, pairs)


def _byte_symbols() -> list[str]:
    """A printable sign for each byte: its own where it has one, else one from 256 on."""
    own = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    own += range(ord("®"), ord("ÿ") + 1)
    return [*map(chr, own), *(chr(256 + number) for number in range(256 - len(own)))]


def _clip(vocabulary: dict[str, int], pairs: list[tuple[str, str]]) -> Tokenizer:
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=pairs,
            unk_token=_END,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    return tokenizer


def _word_pieces(vocab: Path) -> Tokenizer:
    words = vocab.read_text(encoding="utf-8").splitlines()
    tokenizer = Tokenizer(
        models.WordPiece(
            {word: number for number, word in enumerate(words)},
            unk_token="[UNK]",
            max_input_chars_per_word=100,
        )
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _special(tokenizer: Tokenizer, token: str, vocabulary: int) -> int:
    number = tokenizer.token_to_id(token)
    if number is None or tokenizer.get_vocab_size() > vocabulary:
        raise ModelError(
            "The word list beside this model belongs to another text encoder.",
            "Put the one that belongs to it in its place.",
        )
    return int(number)


def _pad_told(folders: list[Path], tokenizer: Tokenizer) -> int | None:
    """What the folder's own configuration says of padding."""
    for folder in folders:
        for name in ("special_tokens_map.json", "tokenizer_config.json"):
            try:
                told = json.loads((folder / name).read_text(encoding="utf-8")).get("pad_token")
            except (OSError, ValueError, AttributeError):
                continue
            token = told.get("content") if isinstance(told, dict) else told
            if isinstance(token, str) and (number := tokenizer.token_to_id(token)) is not None:
                return int(number)
    return None
