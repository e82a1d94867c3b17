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
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.app.gallery import Entry
from studio.app.jobs import Job
from studio.app.models.downloads import Downloads
from studio.app.orders import EngineReady
from studio.app.session import Session
from studio.app.upscale_batch import Phase
from studio.app.worker import EngineWorker
from studio.contract.events import Cancelled, Event, Failed, Finished, Loading, Started, Stepped
from studio.ui.about import About
from studio.ui.actions import made_actions, made_menu
from studio.ui.canvas import Canvas
from studio.ui.files import Files
from studio.ui.generate_row import GenerateRow
from studio.ui.history_strip import HEAD_PX, HistoryStrip
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

PANEL_PX = 320
SIDE_PX = 256
NARROW_SIDE_PX = 144
_STAGES = {"upscale": 1, "models": 2}
"""What the middle shows for a panel, where that is not the canvas."""
_SMALLEST = (1100, 700)
_FIRST = (1280, 800)
_ROOM_FOR_SIDE = 1240


class MainWindow(QMainWindow):
    """Shows a session. ``closed`` is set when the person has closed it."""

    def __init__(self, session: Session, worker: EngineWorker, downloads: Downloads) -> None:
        super().__init__()
        self.session = session
        self.closed = asyncio.Event()
        self._was_maximized = False
        self.setWindowTitle("Latent Studio")
        self.setMinimumSize(*_SMALLEST)
        self.resize(*_FIRST)
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
        self._make_panels()
        self.upscaling = UpscaleStage(session, self.panels["upscale"], self._tell, self)
        self.models = ModelsSide(session, downloads, self.panels, self._start, self._tell, self)
        self._lay_out()
        self.notices = NoticeBar(self._canvas_column)
        self.files = Files(session, self, self._tell)
        self.models.connect_to(self.canvas, self.files)
        self._connect_controls()
        self._connect_session()
        self._restore_geometry()
        self.canvas.setFocus()

    # Layout

    def _make_panels(self) -> None:
        self.stack = QStackedWidget()
        self.panels: dict[str, Any] = {}
        for row in PANELS:
            panel = row.build(self._needs)
            self.panels[row.key] = panel
            self.stack.addWidget(_page(row.shown_title, panel))

    def _lay_out(self) -> None:
        self._start_rows = _stacked(self.generate_row, self.upscaling.start_row)
        policy = QSizePolicy.Policy
        self._start_rows.setSizePolicy(policy.Preferred, policy.Fixed)
        panel_column = QFrame()
        panel_column.setObjectName("panelColumn")
        panel_column.setFixedWidth(PANEL_PX)
        _column(panel_column, (self.stack, 1), (self._start_rows, 0), margins=(0, 0, 1, 0))
        painted = QWidget()
        _column(painted, (self.canvas, 1), (self.live, 0))
        self._stages = _stacked(painted, self.upscaling.column, self.models.stage)
        self._canvas_column = QFrame()
        self._canvas_column.setObjectName("canvasColumn")
        _column(self._canvas_column, (self._stages, 1))
        self._side = QFrame()
        self._side.setObjectName("side")
        _column(self._side, (self.strip, 1), margins=(1, 0, 0, 0))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(panel_column)
        middle.addWidget(self._canvas_column, 1)
        middle.addWidget(self._side)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(self.status)
        self.setCentralWidget(body)

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
        session.jobs.happened.connect(self._happened)
        session.jobs.loading.connect(self._loading)
        session.jobs.ready.connect(self._ready)
        session.jobs.refused.connect(self._refused)
        session.started.connect(self._started)
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

    def _happened(self, job: Job, event: Event) -> None:
        if job.upscales:
            return  # the stage of upscaling listens to its batch
        self.live.show_event(event)
        match event:
            case Loading():
                self.status.show_loading(event)
            case Stepped():
                if event.noisy is not None and event.clean is not None:
                    self.canvas.setPreview(event.noisy, event.clean)
            case Finished() | Cancelled():
                self.canvas.clearPreview()
            case Failed():
                self.canvas.clearPreview()
                self.report(event)

    def _started(self, event: Started) -> None:
        if sentences := event.sentences(self.session.unknown_words.named):
            self.notices.show_notice(Notice(kind="info", sentence=" ".join(sentences)))

    def _loading(self, event: Loading) -> None:
        self.status.show_loading(event)
        self.live.show_loading(event)

    def _ready(self, ready: EngineReady) -> None:
        self.status.show_ready(ready)
        if not self.session.jobs.busy:
            self.live.show_ready()
        for panel in self.panels.values():
            panel.show_model(ready)

    def _refused(self, failed: Failed) -> None:
        self.status.show_trouble()
        self.live.show_event(failed)
        self.report(failed)

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
            self.stack.setCurrentIndex(keys.index(key))
            self._start_rows.setCurrentIndex(int(self.upscales))
            self._start_rows.setVisible(key != "models")
            self._stages.setCurrentIndex(_STAGES.get(key, 0))
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the picture needs the room more than the history."""
        super().resizeEvent(event)
        wide = event.size().width() >= _ROOM_FOR_SIDE
        self._side.setFixedWidth(SIDE_PX if wide else NARROW_SIDE_PX)

    def closeEvent(self, event: QCloseEvent) -> None:
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self.session.settings.set("window_geometry", geometry)
        event.accept()
        self.closed.set()

    def _restore_geometry(self) -> None:
        stored = self.session.settings["window_geometry"]
        if stored:
            self.restoreGeometry(QByteArray.fromBase64(stored.encode()))


def _page(title: str, panel: QWidget) -> QWidget:
    """A panel under its title, scrolling if it is taller than the window."""
    head = QLabel(title)
    head.setProperty("role", "title")
    head.setContentsMargins(16, 0, 16, 0)
    head.setFixedHeight(HEAD_PX)
    inner = QWidget()
    inner.setFixedWidth(PANEL_PX - 1)  # nothing moves when the scroll bar comes
    inside = QVBoxLayout(inner)
    inside.setContentsMargins(16, 0, 16, 16)
    inside.addWidget(panel)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inner)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    page = QWidget()
    _column(page, (head, 0), (scroll, 1))
    return page


def _stacked(*widgets: QWidget) -> QStackedWidget:
    stack = QStackedWidget()
    for widget in widgets:
        stack.addWidget(widget)
    return stack


def _column(
    owner: QWidget, *rows: tuple[QWidget, int], margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> None:
    layout = QVBoxLayout(owner)
    layout.setContentsMargins(*margins)
    layout.setSpacing(0)
    for widget, stretch in rows:
        layout.addWidget(widget, stretch)
