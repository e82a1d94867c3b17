"""The lowest line of the window: device, model, memory, what is saved."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from studio.app.memory import used_bytes
from studio.app.orders import EngineReady
from studio.app.worker import EngineWorker
from studio.contract.events import Loading

_EVERY_MS = 2000
_GIB = 2**30


class StatusRow(QFrame):
    """Quiet facts; memory is the window's and the engine's together."""

    def __init__(self, worker: EngineWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusRow")
        self._worker = worker
        self.device = self._fact(self.tr("Where the pictures are computed"))
        self.model = self._fact(self.tr("The model in use"))
        self.memory = self._fact(self.tr("Memory that the studio holds"))
        self.saved = self._fact(self.tr("Whether your work is on the disk"))
        self.device.setText(self.tr("Engine starting"))
        self.show_pending(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(24)
        for label in (self.device, self.model, self.memory):
            layout.addWidget(label)
        layout.addStretch(1)
        layout.addWidget(self.saved)
        self.setFixedHeight(28)
        timer = QTimer(self, interval=_EVERY_MS)
        timer.timeout.connect(self.measure)
        timer.start()
        self.measure()

    def measure(self) -> None:
        used = used_bytes(self._worker.engine_pid)
        self.memory.setText(self.tr("%s GB") % f"{used / _GIB:.1f}")

    def show_loading(self, event: Loading) -> None:
        text = self.tr("Loading %s") % event.what
        if event.fraction is not None:
            text += f" {event.fraction:.0%}"
        self.model.setText(text)

    def show_ready(self, ready: EngineReady) -> None:
        self.device.setText(ready.device)
        self.model.setText(ready.model)
        self.measure()

    def show_trouble(self) -> None:
        self.device.setText(self.tr("Engine not ready"))
        self.model.setText("")

    def show_pending(self, pending: bool) -> None:
        """Say whether the map in work has changes that are not on the disk yet."""
        self.saved.setText(self.tr("Saving…") if pending else self.tr("Saved automatically"))

    def _fact(self, tooltip: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tooltip)
        return label
