"""Words that the chosen model has never seen are named while a person types."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from tokenizers import Tokenizer, models, pre_tokenizers

from studio.app.background import Background
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from tests.app.conftest import Loop


@pytest.fixture
def settings(tmp_path: Path, application: QApplication) -> Iterator[Settings]:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "lake": 1, "hồ": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4, pad_token="[UNK]")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    settings = Settings()
    settings.set("model", str(tmp_path))
    yield settings
    settings.save()


@pytest.fixture
def found(settings: Settings, background: Background, loop: Loop):
    unknown, told = UnknownWords(settings, background), {}
    unknown.found.connect(told.__setitem__)
    yield told
    named = {word for words in told.values() for word in words}
    assert unknown.named == named
    unknown.close()


def test_they_are_named_once_as_written_however_long_the_prompt(settings, found, loop):
    settings.set("prompt", "lake lake lake lake hồ Castle lake Castle")
    settings.set("negative_prompt", "núi")
    loop.until(lambda: found)
    assert found == {"prompt": ("Castle",), "negative_prompt": ("núi",)}


def test_another_model_knows_other_words(settings, found, loop, tmp_path):
    settings.set("prompt", "lake castle")
    loop.until(lambda: found.get("prompt") == ("castle",))
    other = tmp_path / "other"
    other.mkdir()
    stored = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    stored["model"]["vocab"] = {"[UNK]": 0, "castle": 1}
    (other / "tokenizer.json").write_text(json.dumps(stored), "utf-8")
    settings.set("model", str(other / "model.safetensors"))
    loop.until(lambda: found.get("prompt") == ("lake",))


@pytest.mark.parametrize("content", [None, "{", "bytes"])
def test_no_word_list_is_no_trouble(settings, found, loop, tmp_path, content):
    path = tmp_path / "tokenizer.json"
    if content is None:
        path.unlink()
    elif content == "bytes":
        Tokenizer(models.BPE({"a": 0, "[UNK]": 1}, [], unk_token="[UNK]")).save(str(path))
    else:
        path.write_text(content)
    settings.set("prompt", "castle")
    loop.until(lambda: "prompt" in found)
    assert found["prompt"] == ()


def test_nothing_is_named_after_the_end(settings, background, loop):
    unknown, told = UnknownWords(settings, background), []
    unknown.found.connect(lambda *words: told.append(words))
    unknown.close()
    settings.set("prompt", "castle")
    loop.rest(0.6)
    assert not told
