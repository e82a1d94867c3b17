"""A question asked in its place, with its answers as buttons under it."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

Answer = tuple[str, Callable[[], object]]


class Question(QFrame):
    """Shows a sentence and its answers; asked anew, it shows the new ones."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("question")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self.buttons: list[QPushButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.text)
        layout.addLayout(self._row)
        self.hide()

    def ask(self, sentence: str, *answers: Answer) -> None:
        """Show the sentence and one button for each (title, what it does)."""
        self.text.setText(sentence)
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        for title, act in answers:
            button = QPushButton(title)
            button.setAccessibleName(title)
            button.setToolTip(title)
            button.clicked.connect(_without_state(act))
            self._row.addWidget(button)
            self.buttons.append(button)
        self._row.addStretch(1)


def _without_state(function: Callable[[], object]) -> Callable[[bool], None]:
    def call(_checked: bool = False) -> None:
        function()

    return call
