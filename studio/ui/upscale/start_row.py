"""The primary button of upscaling, Cancel in the same place while it works, and Pause beside it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.ui.icon_button import IconButton
from studio.ui.keyed_button import KeyedButton


class StartRow(QFrame):
    """``start()`` asks to begin, ``cancel()`` to stop, ``pause()`` to hold or to go on."""

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
        self.hold = IconButton("pause", self.tr("Pause"))
        self.hold.setProperty("role", "framed")
        self.hold.setFixedSize(48, 40)
        self.hold.clicked.connect(self.pause)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.button, 1)
        layout.addWidget(self.hold)
        batch.changed.connect(self._show)
        batch.file_changed.connect(self._show)
        self._show()

    def _pressed(self) -> None:
        if self._batch.phase is Phase.IDLE:
            self.start.emit()
        else:
            self.cancel.emit()

    def _show(self) -> None:
        batch = self._batch
        if batch.cancelling:
            self.button.dress("cancel", self.tr("Stopping…"), self.tr("Ends after this tile"))
        elif batch.phase is Phase.IDLE:
            text, tip = self._beginning()
            self.button.dress("primary", text, tip, self.tr("Ctrl+Enter"))
        else:
            tip = self.tr("Stop; what is finished stays (Esc)")
            self.button.dress("cancel", self.tr("Cancel"), tip, self.tr("Esc"))
        idle = batch.phase is Phase.IDLE
        self.button.setEnabled(not batch.cancelling and (bool(batch.files) or not idle))
        self.hold.setEnabled(not idle and not batch.cancelling)
        paused = batch.phase is Phase.PAUSED
        self.hold.show_icon("play" if paused else "pause")
        name = self.tr("Go on") if paused else self.tr("Pause")
        tip = self.tr("Go on where it stopped") if paused else self.tr("Pause after this tile")
        self.hold.setAccessibleName(name)
        self.hold.setToolTip(tip)

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
