"""Prompts as the published text encoders were given theirs."""

from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from studio.engine.conditioning.prompt_tokens import clip_tokenizer
from tests.engine.checkpoints.published_files import write_clip_words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("“Snow”  on\tthe\nlake’s shore", '"Snow" on the lake\'s shore'),
        ("snow &amp;amp; lake &lt;wide&gt;", "snow & lake <wide>"),
        ("a cafÃ© by the lake", "a café by the lake"),
        ("ｌａｋｅ", "lake"),
        ("hồ trên núi", "hồ trên núi"),
    ],
)
def test_prompts_are_cleaned_as_clips_texts_were(tmp_path: Path, written: str, meant: str) -> None:
    write_clip_words(tmp_path)
    ours = clip_tokenizer([tmp_path], vocabulary=600, length=77, pads_with_zero=False)
    files = (str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    theirs = CLIPTokenizer(*files, model_max_length=77)
    expected = theirs(meant, padding="max_length", max_length=77, truncation=True).input_ids
    assert list(ours.read(written).ids) == expected
    assert ours.read(meant).ids == ours.read(written).ids


def test_weights_of_words_are_no_part_of_the_text(tmp_path: Path) -> None:
    write_clip_words(tmp_path)
    ours = clip_tokenizer([tmp_path], vocabulary=600, length=77, pads_with_zero=False)
    plain, weighed = ours.read("snow lake"), ours.read("snow  (lake:1.3)")
    assert weighed.ids == plain.ids
    assert set(plain.weights) == {1.0}
    snow = len(ours.read("snow").ids) - ours.read("snow").ids[1:].count(ours.end) - 1
    both = len(plain.ids) - plain.ids[1:].count(ours.end) - 1
    assert weighed.weights == (1.0, *[1.0] * snow, *[1.3] * (both - snow), *[1.0] * (76 - both))
