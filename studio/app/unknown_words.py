"""Words of the prompts that the chosen model has never seen, named while a person types.

The engine says the same when a job starts; here a model's tokenizer is read without torch.
"""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.app.background import Background
from studio.app.settings import Settings
from studio.contract.places import MODELS
from studio.contract.prompt_weights import spoken

PROMPTS = ("prompt", "negative_prompt")
_PAUSE_MS = 400  # a word that is still being typed is no news


class UnknownWords(QObject):
    """``found(key, words)`` follows a pause in typing, or another choice of model; ``key`` is the
    prompt's setting, ``words`` a tuple as written, without repeats.
    """

    found = Signal(str, object)

    def __init__(
        self, settings: Settings, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background
        self._tokenizer = _Tokenizer()
        self._named: dict[str, tuple[str, ...]] = {}
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._pause)
        settings.changed.connect(self._changed)
        self._timer.start()

    @property
    def named(self) -> frozenset[str]:
        """The words named last, of every prompt."""
        return frozenset(word for words in self._named.values() for word in words)

    def close(self) -> None:
        """Look no more."""
        self._settings.changed.disconnect(self._changed)
        self._timer.stop()

    @Slot(str, object)
    def _changed(self, key: str, _value: object) -> None:
        if key in PROMPTS or key == "model":
            self._timer.start()

    @Slot()
    def _pause(self) -> None:
        self._background.start(self._look())

    async def _look(self) -> None:
        model, prompts = self._settings["model"], [self._settings[key] for key in PROMPTS]
        found = await self._background.run(self._tokenizer.unknown, model, prompts)
        for key, words, prompt in zip(PROMPTS, found, prompts, strict=True):
            if self._settings[key] == prompt:  # else the next pause will tell
                self._named[key] = words
                self.found.emit(key, words)


class _Tokenizer:
    """The tokenizer of the model last asked about; only for one thread."""

    def __init__(self) -> None:
        self._model: str | None = None
        self._tokenizer: object = None

    def unknown(self, model: str, prompts: list[str]) -> list[tuple[str, ...]]:
        """The unknown words of each prompt; none where the model has no word list."""
        if not any(prompts):
            return [() for _ in prompts]
        if model != self._model:
            self._model, self._tokenizer = model, _word_tokenizer(model)
        return [self._unknown_in(prompt) for prompt in prompts]

    def _unknown_in(self, prompt: str) -> tuple[str, ...]:
        from tokenizers import Tokenizer

        if not isinstance(self._tokenizer, Tokenizer):
            return ()
        sign = self._tokenizer.model.unk_token
        prompt, _ = spoken(prompt)
        encoding = self._tokenizer.encode(prompt, add_special_tokens=False)
        pairs = zip(encoding.tokens, encoding.offsets, strict=True)
        return tuple(dict.fromkeys(prompt[a:b] for token, (a, b) in pairs if token == sign))


def _word_tokenizer(model: str) -> object:
    """A tokenizers.Tokenizer that can meet unknown words, or None.

    Byte pairs spell out every word, so that a model with such a tokenizer knows no unknown ones.
    """
    from tokenizers import Tokenizer, models

    path = _tokenizer_file(model)
    if path is None:
        return None
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception:  # the library raises nothing narrower; a job says what is wrong with the file
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer if isinstance(tokenizer.model, models.WordLevel | models.WordPiece) else None


def _tokenizer_file(model: str) -> Path | None:
    chosen = Path(model).expanduser()
    for folder in (MODELS / model, chosen, chosen.parent):
        for path in (folder / "tokenizer.json", folder / "tokenizer" / "tokenizer.json"):
            if path.is_file():
                return path
    return None
