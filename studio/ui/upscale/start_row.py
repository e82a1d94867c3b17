"""The primary button of upscaling, Cancel in the same place while it works, and Pause beside it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.ui.icon_button import IconButton
from studio.ui.keyed_button import KeyedButton
from studio.ui.upscale.question import Question


class StartRow(QFrame):
    """``start()`` asks to begin, or to go on after a pause; ``cancel()`` to stop, ``pause()`` to
    hold. While the batch is paused the buttons change places: going on is what matters then.
    ``question`` is asked above them, where it is always in sight.
    """

    start = Signal()
    cancel = Signal()
    pause = Signal()

    def __init__(self, batch: UpscaleBatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("generateRow")
        self._batch = batch
        self.button = KeyedButton()
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self._pressed)
        self.side = IconButton("pause", self.tr("Pause"))
        self.side.setProperty("role", "framed")
        self.side.setFixedSize(48, 40)
        self.side.clicked.connect(self._side_pressed)
        self.question = Question()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.button, 1)
        row.addWidget(self.side)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self.question)
        layout.addLayout(row)
        batch.changed.connect(self._show)
        batch.file_changed.connect(self._show)
        self._show()

    def _pressed(self) -> None:
        if self._batch.phase is Phase.RUNNING:
            self.cancel.emit()
        else:
            self.start.emit()

    def _side_pressed(self) -> None:
        if self._batch.phase is Phase.PAUSED:
            self.cancel.emit()
        else:
            self.pause.emit()

    def _show(self) -> None:
        batch = self._batch
        if batch.cancelling:
            self.button.dress("cancel", self.tr("Stopping…"), self.tr("Ends after this tile"))
        elif batch.phase is Phase.RUNNING:
            tip = self.tr("Stop; what is finished stays (Esc)")
            self.button.dress("cancel", self.tr("Cancel"), tip, self.tr("Esc"))
        elif batch.phase is Phase.PAUSED:
            tip = self.tr("Go on where it stopped (Ctrl+Enter)")
            self.button.dress("primary", self.tr("Go on"), tip, self.tr("Ctrl+Enter"))
        else:
            text, tip = self._beginning()
            self.button.dress("primary", text, tip, self.tr("Ctrl+Enter"))
        idle = batch.phase is Phase.IDLE
        if not idle or not batch.files:
            self.question.hide()
        self.button.setEnabled(not batch.cancelling and (bool(batch.files) or not idle))
        self._show_side()

    def _show_side(self) -> None:
        batch = self._batch
        if batch.phase is Phase.PAUSED:
            icon, name = "close", self.tr("Cancel")
            tip = self.tr("Stop; what is finished stays (Esc)")
        else:
            icon, name = "pause", self.tr("Pause")
            tip = self.tr("Pause after this tile (Ctrl+P)")
        self.side.show_icon(icon)
        self.side.setAccessibleName(name)
        self.side.setToolTip(tip)
        self.side.setEnabled(batch.phase is not Phase.IDLE and not batch.cancelling)

    def _beginning(self) -> tuple[str, str]:
        waiting, files = len(self._batch.waiting), len(self._batch.files)
        if not files:
            return self.tr("Upscale"), self.tr("Add a picture first")
        if not waiting:
            return self.tr("Upscale again"), self.tr("Enlarge all pictures anew (Ctrl+Enter)")
        if waiting == 1:
            return self.tr("Upscale"), self.tr("Enlarge the picture that waits (Ctrl+Enter)")
        text = self.tr("Upscale %s") % waiting
        return text, self.tr("Enlarge the %s pictures that wait (Ctrl+Enter)") % waiting
