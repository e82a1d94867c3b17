"""What the window shows of the jobs that make pictures, and of the engine behind them."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from studio.app.jobs import Job
from studio.app.orders import EngineReady
from studio.app.session import Session
from studio.contract.events import Cancelled, Event, Failed, Finished, Loading, Started, Stepped
from studio.ui.canvas import Canvas
from studio.ui.live_row import LiveRow
from studio.ui.notice_bar import Notice
from studio.ui.status_row import StatusRow


class JobDisplay(QObject):
    """Hands every event to what shows it; ``panels`` by their keys, ``tell`` shows a notice."""

    def __init__(
        self,
        canvas: Canvas,
        live: LiveRow,
        status: StatusRow,
        panels: dict[str, Any],
        tell: Callable[[Notice], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._canvas, self._live, self._status = canvas, live, status
        self._panels = panels
        self._tell = tell

    def connect_to(self, session: Session) -> None:
        """Show the jobs of a session."""
        self._session = session
        session.jobs.happened.connect(self._happened)
        session.jobs.loading.connect(self._loading)
        session.jobs.ready.connect(self._ready)
        session.jobs.refused.connect(self._refused)
        session.started.connect(self._started)

    def _happened(self, job: Job, event: Event) -> None:
        if job.upscales:
            return  # the stage of upscaling listens to its batch
        self._live.show_event(event)
        match event:
            case Loading():
                self._status.show_loading(event)
            case Stepped():
                if event.noisy is not None and event.clean is not None:
                    self._canvas.setPreview(event.noisy, event.clean)
            case Finished() | Cancelled():
                self._canvas.clearPreview()
            case Failed():
                self._canvas.clearPreview()
                self._tell(Notice.of(event))

    def _started(self, event: Started) -> None:
        if sentences := event.sentences(self._session.unknown_words.named):
            self._tell(Notice(kind="info", sentence=" ".join(sentences)))

    def _loading(self, event: Loading) -> None:
        self._status.show_loading(event)
        self._live.show_loading(event)

    def _ready(self, ready: EngineReady) -> None:
        self._status.show_ready(ready)
        if not self._session.jobs.busy:
            self._live.show_ready()
        for panel in self._panels.values():
            panel.show_model(ready)

    def _refused(self, failed: Failed) -> None:
        self._status.show_trouble()
        self._live.show_event(failed)
        self._tell(Notice.of(failed))
