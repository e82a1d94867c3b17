"""The error a person sees when a model cannot be used."""


class ModelError(Exception):
    """A model cannot be used: one sentence and one thing to do."""

    def __init__(self, sentence: str, action: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.action = action
