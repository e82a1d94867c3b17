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
