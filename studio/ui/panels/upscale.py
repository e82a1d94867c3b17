"""The panel that enlarges pictures: the files, how they are enlarged, where they are written."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.app.models.shelf import Shelf
from studio.app.orders import EngineReady
from studio.app.settings import Settings
from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.ui.icon_button import IconButton
from studio.ui.upscale.batch_list import BatchList
from studio.ui.upscale.controls import UpscaleControls
from studio.ui.upscale.output_controls import OutputControls


class UpscalePanel(QWidget):
    """``files_wanted()`` and ``folder_wanted()`` ask for pictures, ``preview_wanted()`` for a look
    at the middle, ``region_wanted(bool)`` lets the pointer draw a region on the canvas.
    """

    foot = None

    files_wanted = Signal()
    folder_wanted = Signal()
    preview_wanted = Signal()
    region_wanted = Signal(bool)

    def __init__(
        self,
        settings: Settings,
        batch: UpscaleBatch,
        shelf: Shelf,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._batch = batch
        self.list = BatchList(batch)
        self.list.remove_wanted.connect(batch.remove)
        self.controls = UpscaleControls(settings, shelf)
        self.output = OutputControls(settings)
        self._places = QStackedWidget()
        self._places.addWidget(self._empty_place())
        self._places.addWidget(self.list)
        policy = QSizePolicy.Policy
        self._places.setSizePolicy(policy.Preferred, policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        files = QVBoxLayout()
        files.setSpacing(4)
        files.addLayout(self._head())
        files.addWidget(self._places, 1)
        layout.addLayout(files, 1)
        layout.addWidget(self.controls)
        layout.addLayout(self._preview_row())
        layout.addWidget(self.output)
        batch.changed.connect(self._show)
        batch.file_changed.connect(self._show)
        self.list.chosen.connect(self._show)
        self._show()

    # What the window asks of every panel

    def show_model(self, ready: EngineReady) -> None:
        """The upscaler is another model than the one that is ready."""

    def focus_first(self) -> None:
        """Put the keyboard into the list, where the files are chosen."""
        if self._batch.files:
            self.list.setFocus()

    # Layout

    def _head(self) -> QHBoxLayout:
        self._count = QLabel()
        self._count.setProperty("role", "label")
        add = IconButton("add-pictures", self.tr("Add pictures (Ctrl+O)"))
        add.clicked.connect(self.files_wanted)
        folder = IconButton("folder", self.tr("Add all pictures of a folder"))
        folder.clicked.connect(self.folder_wanted)
        self.clear = IconButton("clear", self.tr("Empty the list; no file is touched"))
        self.clear.clicked.connect(self._batch.clear)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._count, 1)
        for button in (add, folder, self.clear):
            head.addWidget(button)
        return head

    def _empty_place(self) -> QWidget:
        place = QFrame()
        place.setObjectName("dropPlace")
        text = QLabel(self.tr("Drop photos or a folder here,\nor press Ctrl+V"))
        text.setProperty("role", "label")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add_button = QPushButton(self.tr("Add pictures…"))
        self.add_button.setAccessibleName(self.tr("Add pictures"))
        self.add_button.setToolTip(self.tr("Choose pictures to enlarge (Ctrl+O)"))
        self.add_button.clicked.connect(self.files_wanted)
        layout = QVBoxLayout(place)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addStretch(1)
        layout.addWidget(text)
        layout.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        return place

    def _preview_row(self) -> QVBoxLayout:
        self.preview = IconButton("preview", self.tr("Preview the middle"))
        self.preview.setText(self.tr("Preview the middle"))
        self.preview.setToolTip(self.tr("Enlarge only the middle of what the canvas shows"))
        self.preview.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.preview.setProperty("role", "framed")
        self.preview.setFixedHeight(36)
        self.preview.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.preview.clicked.connect(self.preview_wanted)
        self.region = IconButton("region", self.tr("Draw the region to preview on the canvas"))
        self.region.setCheckable(True)
        self.region.setProperty("role", "framed")
        self.region.setFixedSize(36, 36)
        self.region.clicked.connect(self.region_wanted)
        label = QLabel(self.tr("Quick preview"))
        label.setProperty("role", "label")
        label.setBuddy(self.preview)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.preview, 1)
        row.addWidget(self.region)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(label)
        column.addLayout(row)
        return column

    # State

    def _counted(self, files: int) -> str:
        if not files:
            return self.tr("Pictures")
        return self.tr("1 picture") if files == 1 else self.tr("%s pictures") % files

    def _show(self) -> None:
        batch, files = self._batch, self._batch.files
        self._places.setCurrentIndex(1 if files else 0)
        self._count.setText(self._counted(len(files)))
        self.clear.setEnabled(bool(files))
        current = self.list.current()
        can_look = current is not None and current.size is not None and batch.phase is Phase.IDLE
        self.preview.setEnabled(can_look)
        self.region.setEnabled(can_look)
