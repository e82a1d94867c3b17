"""One download: what it is and how far, with the buttons that fit where it stands."""

from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.models.downloads import Download, Downloads, Phase
from studio.app.models.hub import shown_size
from studio.ui.models.words import duration

_STEPS = 1000


class DownloadCard(QFrame):
    """Follows its download until the page takes it away."""

    def __init__(self, item: Download, downloads: Downloads, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("question")
        self.item = item
        self._downloads = downloads
        self.name = QLabel(item.what)
        self.text = QLabel()
        self.text.setProperty("role", "label")
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of %s") % item.what)
        self.go = self._button()
        self.stop = self._button()
        self.go.clicked.connect(self._go)
        self.stop.clicked.connect(self._stop)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.go)
        buttons.addWidget(self.stop)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.name)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        self.show_now()

    def show_now(self) -> None:
        """Say where the download stands."""
        item = self.item
        self.text.setText(self._sentence())
        self.text.setProperty("role", "warning" if item.phase is Phase.FAILED else "label")
        self.text.style().unpolish(self.text)
        self.text.style().polish(self.text)
        self.bar.setVisible(item.phase in (Phase.RUNNING, Phase.PAUSED))
        self.bar.setValue(round(_STEPS * item.done / item.total) if item.total else 0)
        titles = {
            Phase.LOOKING_UP: ("", self.tr("Cancel")),
            Phase.ASKING: (self.tr("Fetch it"), self.tr("Not now")),
            Phase.RUNNING: (self.tr("Pause"), self.tr("Cancel")),
            Phase.PAUSED: (self.tr("Go on"), self.tr("Cancel")),
            Phase.FAILED: (
                self.tr("Go on") if item.plan else self.tr("Try again"),
                self.tr("Cancel") if item.plan else self.tr("Close"),
            ),
        }
        for button, title in zip((self.go, self.stop), titles[item.phase], strict=True):
            button.setText(title)
            button.setAccessibleName(title)
            button.setToolTip(title)
            button.setVisible(bool(title))
        if item.phase in (Phase.RUNNING, Phase.PAUSED) or (
            item.phase is Phase.FAILED and item.plan
        ):
            self.stop.setToolTip(self.tr("Stop and delete what has arrived"))

    def _sentence(self) -> str:
        item = self.item
        match item.phase:
            case Phase.LOOKING_UP:
                return self.tr("Asking the hub for its size and licence…")
            case Phase.FAILED:
                return item.sentence
            case Phase.ASKING:
                return self._plan()
        how_far = self.tr("%s of %s") % (shown_size(item.done), shown_size(item.total))
        if item.phase is Phase.PAUSED:
            return self.tr("Paused at %s") % how_far
        if item.checking:
            return self.tr("%s, checking what arrived") % how_far
        left = item.remaining
        return how_far + (f", {duration(left)}" if left is not None else "")

    def _plan(self) -> str:
        plan = self.item.plan
        assert plan is not None
        size = shown_size(plan.nbytes)
        if self.item.done:
            size += self.tr(", %s still to come") % shown_size(plan.nbytes - self.item.done)
        told = self.tr("%s in %s files of %s; licence: %s.")
        return told % (size, len(plan.files), plan.name, plan.licence)

    def _go(self) -> None:
        match self.item.phase:
            case Phase.ASKING | Phase.PAUSED:
                self._downloads.begin(self.item)
            case Phase.RUNNING:
                self._downloads.pause(self.item)
            case Phase.FAILED:
                self._downloads.again(self.item)

    def _stop(self) -> None:
        if self.item.phase is Phase.ASKING:
            self._downloads.dismiss(self.item)
        else:
            self._downloads.give_up(self.item)

    @staticmethod
    def _button() -> QPushButton:
        return QPushButton()
