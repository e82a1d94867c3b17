"""The one window: rail, panel, canvas, history, and what connects them to the session."""

import asyncio
import base64
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import QDialog, QMainWindow, QWidget

from studio.app.gallery import Entry
from studio.app.models.downloads import Downloads
from studio.app.session import Session
from studio.app.upscale_batch import Phase
from studio.app.worker import EngineWorker
from studio.contract.events import Failed
from studio.ui.about import About
from studio.ui.actions import made_actions, made_menu
from studio.ui.canvas import Canvas
from studio.ui.files import Files
from studio.ui.generate_row import GenerateRow
from studio.ui.history_strip import HistoryStrip
from studio.ui.job_display import JobDisplay
from studio.ui.live_row import LiveRow
from studio.ui.models.side import ModelsSide
from studio.ui.notice_bar import Notice, NoticeBar
from studio.ui.paint_actions import paint_actions
from studio.ui.paint_state import PaintState
from studio.ui.panels.paint import PaintPanel
from studio.ui.panels.table import PANELS, PanelNeeds
from studio.ui.preferences import Preferences
from studio.ui.rail import Rail
from studio.ui.shortcuts_sheet import ShortcutsSheet
from studio.ui.status_row import StatusRow
from studio.ui.upscale.compare_view import CompareView
from studio.ui.upscale.stage import UpscaleStage
from studio.ui.window_body import WindowBody, fill_column, page

_STAGES = {"upscale": 1, "models": 2}
"""What the middle shows for a panel, where that is not the canvas."""
_SMALLEST = (1100, 700)
_FIRST = (1280, 800)
_FRAME = 40
"""What a desktop puts around a window, about; else its last row would be below a small screen."""


class MainWindow(QMainWindow):
    """Shows a session. ``closed`` is set when the person has closed it."""

    def __init__(self, session: Session, worker: EngineWorker, downloads: Downloads) -> None:
        super().__init__()
        self.session = session
        self.closed = asyncio.Event()
        self._was_maximized = False
        self.setWindowTitle("Latent Studio")
        self.setMinimumSize(*_SMALLEST)
        room = self.screen().availableSize()
        self.resize(min(_FIRST[0], room.width()), min(_FIRST[1], room.height() - _FRAME))
        self.setAcceptDrops(True)
        self.paint = PaintState(self)
        self.canvas = Canvas(session.document, self.paint)
        self.live = LiveRow(session.settings)
        self.strip = HistoryStrip(session.gallery)
        self.generate_row = GenerateRow(session.jobs)
        self.status = StatusRow(worker)
        self._needs = PanelNeeds(
            session.settings,
            session.unknown_words,
            session.document,
            self.paint,
            session.batch,
            session.shelf,
        )
        self.actions_by_key = made_actions(self, self._action)
        self.rail = Rail(made_menu(self.actions_by_key, self))
        self.panels: dict[str, Any] = {row.key: row.build(self._needs) for row in PANELS}
        self.upscaling = UpscaleStage(
            session, self.panels["upscale"], self._tell, self._withdraw, self
        )
        self.models = ModelsSide(session, downloads, self.panels, self._start, self._tell, self)
        self._lay_out()
        self.notices = NoticeBar(self._body.canvas_column)
        self.files = Files(session, self, self._tell)
        self._job_display = JobDisplay(
            self.canvas, self.live, self.status, self.panels, self._tell, self
        )
        self.models.connect_to(self.canvas, self.files)
        self._connect_controls()
        self._connect_session()
        self._restore_geometry()
        self.canvas.setFocus()

    # Layout

    def _lay_out(self) -> None:
        painted = QWidget()
        fill_column(painted, (self.canvas, 1), (self.live, 0))
        self._body = WindowBody(
            rail=self.rail,
            pages=[
                page(row.shown_title, self.panels[row.key], self.panels[row.key].foot)
                for row in PANELS
            ],
            start_rows=(self.generate_row, self.upscaling.start_row),
            stages=(painted, self.upscaling.column, self.models.stage),
            side=self.strip,
            status=self.status,
        )
        self.setCentralWidget(self._body)

    # Connections

    def _connect_controls(self) -> None:
        settings = self.session.settings
        self.rail.chosen.connect(lambda key: settings.set("panel", key))
        self.rail.help_wanted.connect(self.show_shortcuts)
        self.rail.preferences_wanted.connect(self.preferences)
        QShortcut(QKeySequence("F10"), self, self.rail.menu_button.showMenu)
        self.generate_row.generate.connect(self.generate)
        self.generate_row.queue.connect(self.queue)
        self.generate_row.cancel.connect(self.session.jobs.cancel_picture)
        self.panels["prompt"].paint_over.connect(self.paint_over)
        self.live.fit.connect(self.canvas.fit)
        self.live.toggle_map.connect(self.toggle_map)
        self.strip.chosen.connect(self._awaited(self.files.open_entry))
        self.strip.copy_wanted.connect(self._awaited(self.files.copy_entry))
        self.strip.delete_wanted.connect(self._awaited(self.files.delete_entry))
        self.strip.save_wanted.connect(self.files.ask_save_entry)
        self.strip.reveal_wanted.connect(lambda entry: self.files.reveal(entry.path.parent))
        self.strip.seed_wanted.connect(lambda entry: self.session.use_seed(entry.seed))
        self.strip.source_wanted.connect(self.models.take_entry)
        self.strip.upscale_wanted.connect(self.upscale_entry)
        self.strip.folder_wanted.connect(self.show_folder)
        self.canvas.pictureDropped.connect(self._awaited(self.files.open_path_named))
        self._connect_painting(self.panels["paint"].painting)
        settings.watch("panel", self, self._show_panel)
        settings.watch("live_view", self, self.canvas.setViewMode)
        settings.watch("map_opacity", self, self.canvas.setMapOpacity)
        self.paint.map_opacity_changed.connect(lambda value: settings.set("map_opacity", value))

    def _connect_painting(self, panel: PaintPanel) -> None:
        paint_actions(self.paint, self)
        panel.open_wanted.connect(self.open)
        panel.save_map_wanted.connect(self.save_map)
        panel.import_wanted.connect(self.files.ask_import)
        panel.failed.connect(
            lambda sentence: self.notices.show_notice(Notice(kind="error", sentence=sentence))
        )

    def _connect_session(self) -> None:
        session = self.session
        self._job_display.connect_to(session)
        session.gallery.failed.connect(self.report)
        session.jobs.changed.connect(self._show_enabled)
        session.batch.changed.connect(self._show_enabled)
        session.background.failed = self.report_unexpected
        session.document.listen(lambda _change: self._show_enabled())
        self._show_enabled()

    def _awaited(
        self, function: Callable[[Any], Coroutine[Any, Any, None]]
    ) -> Callable[[Any], None]:
        return lambda value: self._start(function(value))

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.session.background.start(coroutine)

    def _action(self, key: str) -> Callable[[], object]:
        return lambda: getattr(self, key)()

    def _tell(self, notice: Notice) -> None:
        self.notices.show_notice(notice)

    def _withdraw(self, notice: Notice) -> None:
        self.notices.withdraw(notice)

    @property
    def upscales(self) -> bool:
        """Whether the panel that enlarges pictures is open."""
        return bool(self.session.settings["panel"] == "upscale")

    # Actions, by the keys of their table

    def generate(self) -> None:
        """Begin what the open panel is for, if it is not being done already."""
        if self.upscales:
            self.upscaling.start()
        elif self.session.jobs.picture is None:
            self.queue()

    def queue(self) -> None:
        """Make a picture after those that wait."""
        self.notices.dismiss_error()
        try:
            self.session.generate()
        except ValueError as error:
            self.notices.show_notice(Notice(kind="error", sentence=str(error)))
        else:
            if self.session.jobs.preloading or self.session.batch.running is not None:
                self.live.show_waiting()

    def cancel(self) -> None:
        """Stop what the open panel does, or give up the line that is being drawn."""
        if self.upscales:
            self.upscaling.cancel()
        elif self.session.jobs.picture is not None:
            self.session.jobs.cancel_picture()
        else:
            self.canvas.cancelTool()

    def clear_queue(self) -> None:
        for job in self.session.jobs.pictures[1:]:
            self.session.jobs.cancel(job)

    def paint_over(self) -> None:
        """Paint on from the map that the model drew from the words."""
        self.session.paint_over()

    def pause(self) -> None:
        """Hold the enlarging of pictures, or go on with it."""
        self.upscaling.pause()

    def upscale_entry(self, entry: Entry) -> None:
        """Take a picture of the history into the list of those to enlarge."""
        self.show_upscale()
        self.upscaling.take_paths([entry.path], own=True)

    def open(self) -> None:
        if self.upscales:
            self.upscaling.ask_files()
        else:
            self.files.ask_open()

    def save(self) -> None:
        self._start(self.files.save())

    def save_as(self) -> None:
        self.files.ask_save()

    def save_map(self) -> None:
        self.files.ask_save_map()

    def show_folder(self) -> None:
        self.files.reveal(self.session.gallery.folder)

    def preferences(self) -> None:
        self._open(Preferences(self.session.settings, self))

    def quit(self) -> None:
        self.close()

    def undo(self) -> None:
        self.session.document.undo()

    def redo(self) -> None:
        self.session.document.redo()

    def copy(self) -> None:
        self.files.copy()

    def paste(self) -> None:
        self._take_data(QGuiApplication.clipboard().mimeData())

    def fit(self) -> None:
        self._shown_canvas.fit()

    def actual_size(self) -> None:
        self._shown_canvas.zoomTo(100)

    def toggle_map(self) -> None:
        """Show the map if the picture is seen, the picture if the map is."""
        settings = self.session.settings
        settings.set("map_opacity", 1.0 if settings["map_opacity"] < 0.5 else 0.0)

    def show_paint(self) -> None:
        self.session.settings.set("panel", "paint")

    def show_prompt(self) -> None:
        self.session.settings.set("panel", "prompt")

    def show_upscale(self) -> None:
        self.session.settings.set("panel", "upscale")

    def show_models(self) -> None:
        self.session.settings.set("panel", "models")
        self.models.stage.show_chosen(self.session.settings["model"])

    def full_screen(self) -> None:
        if self.isFullScreen():
            self.showMaximized() if self._was_maximized else self.showNormal()
        else:
            self._was_maximized = self.isMaximized()
            self.showFullScreen()

    def show_shortcuts(self) -> None:
        self._open(ShortcutsSheet(self))

    def show_about(self) -> None:
        self._open(About(self))

    @staticmethod
    def _open(dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # What happens

    def report(self, failed: Failed) -> None:
        """Show a failure where it doesn't stand in the way."""
        self.notices.show_notice(Notice.of(failed))

    def report_unexpected(self, error: BaseException) -> None:
        """A fault of the program itself: say so, and keep working."""
        details = "".join(traceback.format_exception(error))
        self.report(
            Failed(
                sentence=self.tr("Something went wrong inside the studio; your work is kept."),
                action=self.tr("If it happens again, close the studio and open it again."),
                details=details,
            )
        )

    def _show_panel(self, key: str) -> None:
        keys = [row.key for row in PANELS]
        if key in keys:
            self.rail.show_panel(key)
            start_row = None if key == "models" else int(self.upscales)
            self._body.show_panel(keys.index(key), start_row, _STAGES.get(key, 0))
            # Else the focus of the panel that goes falls to the next field, which takes letters.
            self.canvas.setFocus()
            self.panels[key].focus_first()

    def _show_enabled(self) -> None:
        history, jobs = self.session.document.history, self.session.jobs
        for key, enabled in (
            ("undo", history.can_undo),
            ("redo", history.can_redo),
            ("clear_queue", len(jobs.pictures) > 1),
            ("pause", self.session.batch.phase is not Phase.IDLE),
            ("paint_over", self.session.document.drawn_map is not None),
            ("copy", self.session.document.picture is not None),
        ):
            self.actions_by_key[key].setEnabled(enabled)

    # The window itself

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        accepts = {"upscale": self.upscaling.accepts, "models": self.models.stage.accepts}.get(
            self.session.settings["panel"], self.files.accepts
        )
        if accepts(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        own = event.source() is self.strip.view
        if own and not self.upscales:
            return
        event.acceptProposedAction()
        self._take_data(event.mimeData(), own=own)

    def _take_data(self, data: QMimeData, *, own: bool = False) -> None:
        """Take what was dropped or pasted to where the open panel wants it."""
        if self.upscales:
            self.upscaling.take_data(data, own=own)
        elif self.session.settings["panel"] == "models" and self.models.stage.accepts(data):
            self.models.stage.take_data(data)
        else:
            self._start(self.files.take_data(data))

    @property
    def _shown_canvas(self) -> Canvas | CompareView:
        return self.upscaling.canvas if self.upscales else self.canvas

    def closeEvent(self, event: QCloseEvent) -> None:
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self.session.settings.set("window_geometry", geometry)
        event.accept()
        self.closed.set()

    def _restore_geometry(self) -> None:
        stored = self.session.settings["window_geometry"]
        if stored:
            self.restoreGeometry(QByteArray.fromBase64(stored.encode()))
