"""The word-level tokenizer of the bundled models: every word the captions can hold, no other."""

from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

PAD, CLS, UNKNOWN = "[PAD]", "[CLS]", "[UNK]"


def build_tokenizer(words: Iterable[str], max_length: int) -> Tokenizer:
    """A lower-casing, NFC-normalising tokenizer of whole words, padded to ``max_length`` ids.

    Id 0 pads, id 1 opens every text, id 2 stands for a word that the model has never seen.
    """
    special = [PAD, CLS, UNKNOWN]
    ordered = [*special, *sorted(set(words))]
    vocabulary = {word: number for number, word in enumerate(ordered)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A", special_tokens=[(CLS, vocabulary[CLS])]
    )
    tokenizer.enable_truncation(max_length)
    tokenizer.enable_padding(length=max_length, pad_id=vocabulary[PAD], pad_token=PAD)
    return tokenizer
