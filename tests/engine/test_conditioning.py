import unicodedata

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY, MATERIALS, UNLABELLED
from studio.contract.request import GenerateRequest
from studio.engine.conditioning import CONDITIONS
from studio.engine.conditioning.label_map import (
    MapCondition,
    channel_of,
    label_shares,
    resized,
)
from studio.engine.conditioning.text import TextCondition, build_tokenizer, tokenize
from studio.engine.nets.rescaler import SpatialRescaler
from studio.engine.nets.text_transformer import TextTransformer, TextTransformerConfig

LABELS = tuple(material.id for material in MATERIALS)


def test_conditions_are_the_capabilities():
    assert set(CONDITIONS) == {"text", "map"}


# text


@pytest.fixture
def tokenizer():
    return build_tokenizer(["lake", "Snow", "núi", "cây", "a"], 6)


def test_a_prompt_is_lower_cased_words_without_punctuation(tokenizer):
    tokens = tokenize(tokenizer, "A lake, (snow)!", 6)
    vocabulary = tokenizer.get_vocab()
    expected = ["[CLS]", "a", "lake", "snow", "[PAD]", "[PAD]"]
    assert tokens.ids == tuple(vocabulary[word] for word in expected)
    assert (tokens.unknown, tokens.ignored) == ((), 0)
    assert list(tokens.ids) == tokenizer.encode("A lake, (snow)!").ids


def test_vietnamese_is_known_however_its_letters_are_composed(tokenizer):
    for form in ("NFC", "NFD"):
        tokens = tokenize(tokenizer, unicodedata.normalize(form, "Núi CÂY"), 6)
        assert tokens.unknown == ()
        vocabulary = tokenizer.get_vocab()
        assert tokens.ids[1:3] == (vocabulary["núi"], vocabulary["cây"])


def test_the_empty_prompt_is_cls_and_padding(tokenizer):
    assert tokenize(tokenizer, "", 6).ids == tokenize(tokenizer, " ,.!\n", 6).ids == (1, *[0] * 5)


def test_unknown_words_are_named_once_and_left_out(tokenizer):
    tokens = tokenize(tokenizer, "a Castle lake castle Dragon", 6)
    assert tokens.unknown == ("Castle", "castle", "Dragon")
    assert tokens.ids == tokenize(tokenizer, "a lake", 6).ids


def test_words_that_do_not_fit_are_counted(tokenizer):
    tokens = tokenize(tokenizer, "a lake snow a lake snow a nowhere", 6)
    assert len(tokens.ids) == 6
    assert tokens.ignored == 2
    assert tokens.unknown == ("nowhere",)


@pytest.fixture
def text(tokenizer):
    config = TextTransformerConfig(
        width=8, depth=1, vocab_size=8, max_length=6, heads=2, dim_head=4
    )
    torch.manual_seed(0)
    return TextCondition(tokenizer, TextTransformer(config).eval())


@torch.no_grad()
def test_guidance_drops_the_text_or_takes_the_negative_one(text):
    def read(drop=True, **asked):
        return text.read(GenerateRequest(**asked), drop=drop)

    empty = read().given.context
    assert empty.shape == (1, 6, 8)
    assert read().dropped is None  # nothing to drop: the halves are the same
    lake = read(prompt="lake")
    assert torch.equal(lake.dropped.context, empty)
    assert not torch.equal(lake.given.context, empty)
    snow = read(prompt="snow").given.context
    assert torch.equal(read(prompt="lake", negative_prompt="snow").dropped.context, snow)
    assert read(drop=False, prompt="lake").dropped is None
    assert torch.equal(
        read(drop=False, prompt="lake", negative_prompt="snow").dropped.context, snow
    )


def test_the_weight_of_a_word_reaches_its_token(tokenizer):
    tokens = tokenize(tokenizer, "a (snow:1.5), (lake)", 6)
    assert tokens.ids == tokenize(tokenizer, "a snow lake", 6).ids
    assert tokens.weights == (1, 1, 1.5, 1.1, 1, 1)
    assert tokenize(tokenizer, "(castle:1.2) lake", 6).unknown == ("castle",)


@torch.no_grad()
@pytest.mark.parametrize("pooled", [False, True])
def test_weights_move_a_context_between_without_and_more_of_a_word(tokenizer, pooled):
    config = TextTransformerConfig(
        width=8, depth=1, vocab_size=8, max_length=6, heads=2, dim_head=4, pooled=pooled
    )
    torch.manual_seed(0)
    text = TextCondition(tokenizer, TextTransformer(config).eval())

    def context(prompt):
        return text.read(GenerateRequest(prompt=prompt), drop=False).given.context[0]

    plain, nothing = context("a snow"), context("")
    assert torch.equal(context("a (snow:1)"), plain)
    more, none = context("a (snow:2)"), context("a (snow:0)")
    torch.testing.assert_close(more[2], 2 * plain[2] - nothing[2])
    assert torch.equal(none[2], nothing[2])
    for weighed in (more, none):
        assert torch.equal(weighed[3:], plain[3:])
        assert torch.equal(weighed[1], plain[1])
        assert torch.equal(weighed[0], plain[0]) != pooled
    if pooled:  # the summary is a sum of words, and each counts as much as its weight says
        torch.testing.assert_close(more[0] - plain[0], plain[0] - none[0])


# label maps


def test_resizing_invents_no_labels_and_keeps_blocks():
    small = np.array([[1, 2], [3, 4]], np.uint8)
    large = resized(small, Size(6, 4))
    assert large.tolist() == [[1, 1, 1, 2, 2, 2]] * 2 + [[3, 3, 3, 4, 4, 4]] * 2
    assert np.array_equal(resized(large, Size(2, 2)), small)
    assert np.array_equal(resized(large, Size(6, 4)), large)


def test_what_the_model_does_not_know_is_unlabelled():
    table = channel_of([156, 105])
    assert table[[156, 105, 0, UNLABELLED]].tolist() == [0, 1, 2, 2]


def test_shares_are_what_the_rescaler_makes_of_one_hot_maps():
    generator = torch.Generator().manual_seed(0)
    values = torch.tensor([*LABELS, UNLABELLED, 3], dtype=torch.uint8)
    maps = values[torch.randint(len(values), (2, 32, 48), generator=generator)]
    shares = label_shares(maps, LABELS, 8)
    torch.testing.assert_close(shares.sum(1), torch.ones(2, 4, 6))
    rescaler = SpatialRescaler(3, len(LABELS) + 1, 5)
    one_hot = F.one_hot(channel_of(LABELS)[maps.long()], len(LABELS) + 1)
    expected = rescaler(one_hot.permute(0, 3, 1, 2).float())
    torch.testing.assert_close(rescaler.channel_mapper(shares), expected)


@torch.no_grad()
def test_guidance_drops_the_map_and_no_map_is_an_unlabelled_one():
    condition = MapCondition(LABELS, SpatialRescaler(3, len(LABELS) + 1, 5))
    size = Size(32, 16)
    sky = np.full((4, 4), BY_KEY["sky"].id, np.uint8)
    none = condition.read(GenerateRequest(size=size), drop=True)
    assert none.given.concat.shape == (1, 5, 2, 4)
    assert none.dropped is None
    painted = condition.read(GenerateRequest(size=size, label_map=sky), drop=True)
    assert torch.equal(painted.dropped.concat, none.given.concat)
    assert not torch.equal(painted.given.concat, none.given.concat)
    assert condition.read(GenerateRequest(size=size, label_map=sky), drop=False).dropped is None
    weight = condition.rescaler.channel_mapper.weight[:, LABELS.index(BY_KEY["sky"].id), 0, 0]
    torch.testing.assert_close(painted.given.concat[0, :, 0, 0], weight)


@torch.no_grad()
def test_labels_the_model_does_not_know_are_named():
    condition = MapCondition((BY_KEY["sky"].id,), SpatialRescaler(3, 2, 5))
    strange = np.array([[BY_KEY["sky"].id, BY_KEY["sea"].id, 7, UNLABELLED]], np.uint8)
    reading = condition.read(GenerateRequest(size=Size(32, 8), label_map=strange), drop=True)
    assert reading.notices == (
        f"This model does not know “Truck” and “{BY_KEY['sea'].name}”: left unlabelled.",
    )
