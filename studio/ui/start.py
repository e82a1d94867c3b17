"""Opens the window and keeps it running until the person closes it."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Sequence
from types import TracebackType

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from qasync import QEventLoop

from studio.app.autosave import Autosave, recovered_map
from studio.app.background import Background
from studio.app.gallery import Gallery
from studio.app.guide_files import recovered_guides
from studio.app.jobs import Jobs
from studio.app.models.downloads import Downloads
from studio.app.models.register import Register
from studio.app.models.shelf import Shelf
from studio.app.opener import Opener
from studio.app.places import Places
from studio.app.session import Session
from studio.app.settings import Settings
from studio.app.upscale_batch import UpscaleBatch
from studio.app.worker import EngineWorker
from studio.document.document import Document
from studio.document.formats.opened import FileError
from studio.document.presets import PRESETS
from studio.ui.main_window import MainWindow
from studio.ui.theme import ThemeKeeper

log = logging.getLogger(__name__)

_COLLECT_MS = 1000
_SIGNAL_MS = 200


class Studio(QObject):
    """Everything behind one window, built in the order it depends on each other."""

    def __init__(
        self, app: QApplication, places: Places, engine_name: str = "studio.engine"
    ) -> None:
        super().__init__()
        self.places = places.made()
        self.settings = Settings(places.settings, self)
        self.theme = ThemeKeeper(app)
        self.settings.watch("theme", self, self.theme.choose)
        self.background = Background()
        self.document = Document(
            _first_map(places), guides=recovered_guides(places.working_map.parent)
        )
        self.worker = EngineWorker(places.logs / "engine.log", engine_name, self)
        self.jobs = Jobs(self.worker, self)
        self.opener = Opener()
        self.gallery = Gallery(places.history, self.background, self.opener, self)
        self.batch = UpscaleBatch(self.settings, self.jobs, self.background, places, self)
        register = Register(places.register, places.models)
        self.shelf = Shelf(register, places.word_lists, self.background, self)
        self.session = Session(
            self.settings,
            self.document,
            self.jobs,
            self.gallery,
            self.batch,
            self.background,
            self.shelf,
            self.opener,
            self,
        )
        self.autosave = Autosave(self.document, places.working_map, self.background, self)
        self.downloads = Downloads(places.models, places.word_lists, self.background, self)
        self.window = MainWindow(self.session, self.worker, self.downloads)
        self.autosave.failed.connect(self.window.report)
        self.autosave.changed.connect(self.window.status.show_pending)
        self._collector = QTimer(self, interval=_COLLECT_MS)
        self._collector.timeout.connect(collect_garbage)

    def open(self) -> None:
        """Show the window, then let the engine load behind it."""
        gc.disable()  # a collection in another thread would destroy Qt objects there
        gc.freeze()
        self._collector.start()
        self.window.show()
        if self.shelf.card(self.settings["model"]) is not None:
            QTimer.singleShot(0, self._preload)
            self.background.start(self.shelf.refresh())
        else:
            self.background.start(self._look_and_preload())
        self.background.start(self.downloads.restore())
        self.background.start(self.gallery.load(self.settings["history_limit"]))
        self.background.start(self.batch.restore())

    def _preload(self) -> None:
        self.session.preload()

    async def _look_and_preload(self) -> None:
        """One of the person's own models is looked up first: what it predicts may be told there."""
        await self.shelf.refresh()
        self.session.preload()

    async def close(self) -> None:
        """End the job, the engine and the background thread; what was made is kept."""
        self.window.hide()
        self.batch.close()
        self.jobs.stop()
        self.session.close()
        self.opener.close()
        self.shelf.close()
        self.downloads.close()
        await self.background.drained()
        self.autosave.close()
        self.settings.save()
        self.background.close()
        self._collector.stop()
        gc.unfreeze()
        gc.enable()
        self.window.deleteLater()


def collect_garbage() -> None:
    """What Python would have collected by itself by now, in the thread where it may be."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return


def run(argv: Sequence[str], places: Places | None = None) -> int:
    """Open the studio's window; returns the exit status when it has been closed."""
    places = (places or Places.of_this_person()).made()
    sys.excepthook = _tell_and_log
    app = QApplication([*argv] or ["latent-studio"])
    app.setApplicationName("latent-studio")
    app.setApplicationDisplayName("Latent Studio")
    app.setDesktopFileName("latent-studio")
    app.setQuitOnLastWindowClosed(False)
    with QEventLoop(app) as loop:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_sitting(app, places))
    return 0


async def _sitting(app: QApplication, places: Places) -> None:
    studio = Studio(app, places)
    _report_in(studio.window)
    _close_on_signals(studio)
    studio.open()
    await studio.window.closed.wait()
    await studio.close()


def _first_map(places: Places) -> np.ndarray | None:
    """The map as it was left, else the first example, else a blank page."""
    labels = recovered_map(places.working_map)
    if labels is not None:
        return labels
    try:
        return PRESETS[0].labels()
    except FileError as error:
        log.warning("example map: %s", error)
        return None


def _tell_and_log(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Faults before the window stands: log them, say them in a dialog if that is possible."""
    logging.getLogger("studio").critical("unexpected", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)
    if QApplication.instance() is not None:
        QMessageBox.critical(None, "Latent Studio", f"Latent Studio could not start: {error}")


def _report_in(window: MainWindow) -> None:
    """From now on the window itself says what went wrong."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        logging.getLogger("studio").critical("unexpected", exc_info=(kind, error, trace))
        if issubclass(kind, Exception):
            window.report_unexpected(error)
        else:
            window.close()

    def report_from_loop(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            report(type(error), error, error.__traceback__)
        else:
            log.error("event loop: %s", context.get("message"))

    sys.excepthook = report
    asyncio.get_running_loop().set_exception_handler(report_from_loop)


def _close_on_signals(studio: Studio) -> None:
    """Ctrl+C in the terminal and a polite kill close the window as its button does."""

    def close(_number: int, _frame: object) -> None:
        # Python may run this in the middle of painting, and a window can't go away there.
        QTimer.singleShot(0, studio.window, studio.window.close)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    waker = QTimer(studio, interval=_SIGNAL_MS)  # lets Python see the signal while Qt waits
    waker.timeout.connect(_nothing)
    waker.start()


def _nothing() -> None:
    """Python runs its signal handlers between two byte codes, so it needs some to run."""
