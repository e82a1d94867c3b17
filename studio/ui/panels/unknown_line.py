"""The quiet line under a prompt that names the words its model has never seen."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel

from studio.app.unknown_words import UnknownWords


class UnknownLine(QLabel):
    """Shown only while there is something to name; ``key`` is the prompt's setting."""

    def __init__(self, unknown: UnknownWords, key: str) -> None:
        super().__init__()
        self._key = key
        self.setProperty("role", "warning")
        self.setWordWrap(True)
        self.hide()
        unknown.found.connect(self._found)

    @Slot(str, object)
    def _found(self, key: str, words: Sequence[str]) -> None:
        if key == self._key:
            named = ", ".join(f"“{word}”" for word in words)
            self.setText(self.tr("The model does not know: %s") % named)
            self.setVisible(bool(words))
