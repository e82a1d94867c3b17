"""Notices over the canvas: one sentence, one action, details folded; never in the way."""

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.contract.events import Failed
from studio.ui.icon_button import IconButton

_WIDEST = 640
_BRIEF_MS = 6000


@dataclass(frozen=True, kw_only=True)
class Notice:
    """``kind`` is "error", "warning", "offer" or "info"; the last goes away by itself.

    ``action`` is the title of a button that calls ``act``; ``hint`` says what the person can do
    where no button can do it for them.
    """

    kind: str
    sentence: str
    hint: str = ""
    action: str = ""
    act: Callable[[], object] | None = field(default=None, repr=False)
    details: str = field(default="", repr=False)

    @classmethod
    def of(cls, failed: Failed) -> "Notice":
        return cls(
            kind="error", sentence=failed.sentence, hint=failed.action, details=failed.details
        )


class NoticeBar(QFrame):
    """Shows one notice at a time at the top of its parent; a newer one replaces it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._owner = parent
        self.notice: Notice | None = None
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._hint = QLabel()
        self._hint.setProperty("role", "label")
        self._hint.setWordWrap(True)
        self._action = QPushButton()
        self._action.setAccessibleName(self.tr("What can be done"))
        self._action.setToolTip(self.tr("What can be done"))
        self._action.clicked.connect(self._act)
        self._unfold = QPushButton(self.tr("Details"))
        self._unfold.setProperty("role", "link")
        self._unfold.setAccessibleName(self.tr("Show the details"))
        self._unfold.setToolTip(self.tr("Show the details"))
        self._unfold.clicked.connect(self._toggle_details)
        self._details = QPlainTextEdit(readOnly=True)
        self._details.setAccessibleName(self.tr("Details of the problem"))
        self._details.setToolTip(self.tr("What a developer needs to know"))
        self._details.setFixedHeight(140)
        self._close = IconButton("close", self.tr("Close this notice"), size=16)
        self._close.clicked.connect(self.dismiss)
        self._timer = QTimer(self, singleShot=True, interval=_BRIEF_MS)
        self._timer.timeout.connect(self.dismiss)
        self._lay_out()
        parent.installEventFilter(self)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        self.notice = notice
        self.setProperty("kind", notice.kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._sentence.setText(notice.sentence)
        self._hint.setText(notice.hint)
        self._hint.setVisible(bool(notice.hint))
        self._action.setText(notice.action)
        if notice.action:
            self._action.setAccessibleName(notice.action)
            self._action.setToolTip(notice.action)
        self._action.setVisible(notice.act is not None)
        self._details.setPlainText(notice.details)
        self._details.hide()
        self._unfold.setVisible(bool(notice.details))
        self._timer.stop()
        if notice.kind == "info":
            self._timer.start()
        self._place()
        self.show()
        self.raise_()

    def withdraw(self, notice: Notice) -> None:
        """Take a notice back that has lost its meaning, if it is still shown."""
        if self.notice is notice:
            self.dismiss()

    def dismiss_error(self) -> None:
        """The person tries something else: what went wrong before is no news any more."""
        if self.notice is not None and self.notice.kind == "error":
            self.dismiss()

    def dismiss(self) -> None:
        self.notice = None
        self._timer.stop()
        self.hide()

    def eventFilter(self, watched: object, event: object) -> bool:
        if watched is self._owner and isinstance(event, QResizeEvent):
            self._place()
        return False

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._sentence)
        words.addWidget(self._hint)
        row.addLayout(words, 1)
        row.addWidget(self._unfold)
        row.addWidget(self._action)
        row.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.addLayout(row)
        layout.addWidget(self._details)

    def _place(self) -> None:
        room = self._owner.width()
        width = min(_WIDEST, room - 32)
        height = self.heightForWidth(width)
        if height < 0:
            height = self.sizeHint().height()
        self.setGeometry((room - width) // 2, 16, width, height)

    def _act(self) -> None:
        notice = self.notice
        self.dismiss()
        if notice is not None and notice.act is not None:
            notice.act()

    def _toggle_details(self) -> None:
        self._details.setVisible(not self._details.isVisible())
        self._place()
