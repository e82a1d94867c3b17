"""The primary button, which is Cancel in the same place while a job runs, and the queue beside."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from studio.app.jobs import Jobs


class _KeyedButton(QPushButton):
    """A button with its shortcut written quietly at the right edge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = ""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        palette = self.palette()
        group = palette.ColorGroup.Normal if self.isEnabled() else palette.ColorGroup.Disabled
        painter.setPen(palette.color(group, palette.ColorRole.ButtonText))
        font = painter.font()
        font.setPixelSize(11)
        font.setBold(False)
        painter.setFont(font)
        area = self.rect().adjusted(0, 0, -14, 0)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.keys
        )


class GenerateRow(QFrame):
    """``generate()`` asks for a picture now, ``queue()`` for one more after those that wait,
    ``cancel()`` stops the running job. Nothing moves when a job starts or ends.
    """

    generate = Signal()
    queue = Signal()
    cancel = Signal()

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("generateRow")
        self._jobs = jobs
        self.button = _KeyedButton()
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self._pressed)
        self.more = QPushButton()
        self.more.setProperty("role", "queue")
        self.more.setFixedWidth(48)
        self.more.clicked.connect(self.queue)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.button, 1)
        layout.addWidget(self.more)
        jobs.changed.connect(self._show)
        self._show()

    def _pressed(self) -> None:
        shift = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        if shift:
            self.queue.emit()
        elif self._jobs.busy:
            self.cancel.emit()
        else:
            self.generate.emit()

    def _show(self) -> None:
        job = self._jobs.current
        if job is None:
            text, tip = self.tr("Generate"), self.tr("Make the picture (Ctrl+Enter)")
            keys, role = self.tr("Ctrl+Enter"), "primary"
        elif job.cancelling:
            text, tip = self.tr("Stopping…"), self.tr("The job ends after this step")
            keys, role = "", "cancel"
        else:
            text, tip = self.tr("Cancel"), self.tr("Stop the running job (Esc)")
            keys, role = self.tr("Esc"), "cancel"
        self.button.setText(text)
        self.button.setAccessibleName(text)
        self.button.setToolTip(tip)
        self.button.keys = keys
        self.button.setEnabled(job is None or not job.cancelling)
        self._restyle(role)
        self._show_queue(len(self._jobs.waiting))

    def _show_queue(self, waiting: int) -> None:
        self.more.setText(f"+{waiting}" if waiting else "+")
        name = self.tr("Queue another picture")
        self.more.setAccessibleName(self.tr("%n more waiting", "", waiting) if waiting else name)
        tip = self.tr("Queue another picture (Ctrl+Shift+Enter)")
        if waiting:
            tip += "\n" + self.tr("%n waiting; Shift+Esc clears the queue", "", waiting)
        self.more.setToolTip(tip)

    def _restyle(self, role: str) -> None:
        if self.button.property("role") != role:
            self.button.setProperty("role", role)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)
        self.button.update()
