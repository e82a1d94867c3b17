"""The primary button, which is Cancel in the same place while a job runs, and the queue beside."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from studio.app.jobs import Job, Jobs
from studio.ui.keyed_button import KeyedButton


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
        self.button = KeyedButton()
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
        elif self._jobs.picture is not None:
            self.cancel.emit()
        else:
            self.generate.emit()

    def _show(self) -> None:
        job: Job | None = self._jobs.picture
        if job is None:
            tip = self.tr("Make the picture (Ctrl+Enter)")
            self.button.dress("primary", self.tr("Generate"), tip, self.tr("Ctrl+Enter"))
        elif job.cancelling:
            tip = self.tr("The job ends after this step")
            self.button.dress("cancel", self.tr("Stopping…"), tip)
        else:
            tip = self.tr("Stop the running job (Esc)")
            self.button.dress("cancel", self.tr("Cancel"), tip, self.tr("Esc"))
        self.button.setEnabled(job is None or not job.cancelling)
        self._show_queue(len(self._jobs.pictures) - (job is not None))

    def _show_queue(self, waiting: int) -> None:
        self.more.setText(f"+{waiting}" if waiting else "+")
        name = self.tr("Queue another picture")
        self.more.setAccessibleName(self.tr("%n more waiting", "", waiting) if waiting else name)
        tip = self.tr("Queue another picture (Ctrl+Shift+Enter)")
        if waiting:
            tip += "\n" + self.tr("%n waiting; Shift+Esc clears the queue", "", waiting)
        self.more.setToolTip(tip)
