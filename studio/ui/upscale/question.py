"""A question where it arises, without a dialog: one sentence and its answers."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.ui.icon_button import IconButton


class Question(QFrame):
    """Hidden until ``ask``; any answer, or the cross, hides it again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("question")
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._close = IconButton("close", self.tr("Do nothing"), size=16)
        self._close.clicked.connect(self.hide)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._sentence, 1)
        head.addWidget(self._close)
        self._answers = QHBoxLayout()
        self._answers.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(self._answers)
        self.hide()

    def ask(self, sentence: str, answers: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        """Show ``sentence`` and the answers as (title, tooltip, what to do)."""
        while self._answers.count():
            item = self._answers.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        self._sentence.setText(sentence)
        for title, tip, do in answers:
            button = QPushButton(title)
            button.setAccessibleName(title)
            button.setToolTip(tip)
            button.clicked.connect(lambda _checked=False, do=do: self._answer(do))
            self._answers.addWidget(button)
        self.show()
        first = self._answers.itemAt(0)
        if first is not None and (widget := first.widget()) is not None:
            widget.setFocus()

    def _answer(self, do: Callable[[], object]) -> None:
        self.hide()
        do()
