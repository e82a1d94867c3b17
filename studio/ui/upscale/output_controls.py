"""Where the enlarged pictures are written, under which name and as what."""

from pathlib import Path

from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.app.upscale_wishes import batch_settings_of, fault_of
from studio.contract.geometry import Size
from studio.pictures.batch_settings import SAME_FORMAT
from studio.pictures.formats import FORMATS_OUT
from studio.ui.binding import bind
from studio.ui.fold import Fold
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption, labelled
from studio.ui.number_slider import NumberSlider
from studio.ui.panel_scroll import PanelChoice

_LOSSY = {SAME_FORMAT, *(row.key for row in FORMATS_OUT if row.quality is not None)}

_EXAMPLE, _EXAMPLE_SIZE = Path("photo.jpg"), Size(640, 480)


class OutputControls(QWidget):
    """Folder, name, format and quality; folded, with a summary in one line."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.pattern = QLineEdit()
        bind(settings, "upscale_pattern", self.pattern)
        self.format = PanelChoice()
        for row in FORMATS_OUT:
            self.format.addItem(row.label, row.key)
        self.format.addItem(self.tr("As each picture is"), SAME_FORMAT)
        bind(settings, "upscale_format", self.format)
        self.quality = NumberSlider(BY_KEY["upscale_quality"])
        bind(settings, "upscale_quality", self.quality)
        self._example = caption()
        self.fold = Fold(self.tr("Save as"), self._body())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.fold)
        settings.changed.connect(self._changed)
        self._show()

    def _body(self) -> QWidget:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(labelled(self.tr("Folder"), self._folder_row()))
        name = labelled(self.tr("Name"), self.pattern)
        name.addWidget(self._example)
        layout.addLayout(name)
        layout.addLayout(labelled(self.tr("Format"), self.format))
        layout.addWidget(self.quality)
        return body

    def _folder_row(self) -> QWidget:
        row = BY_KEY["upscale_folder"]
        self.folder = QLineEdit(readOnly=True)
        self.folder.setPlaceholderText(self.tr("Beside each picture"))
        self.folder.setAccessibleName(row.shown_title)
        self.folder.setToolTip(row.shown_help)
        self.choose = IconButton("folder", self.tr("Choose a folder"))
        self.choose.setProperty("role", "framed")
        self.choose.clicked.connect(self._ask)
        self.beside = IconButton("close", self.tr("Write beside each picture again"), size=16)
        self.beside.clicked.connect(lambda: self._settings.reset("upscale_folder"))
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.folder, 1)
        layout.addWidget(self.beside)
        layout.addWidget(self.choose)
        return body

    def _ask(self) -> None:
        dialog = QFileDialog(self, self.tr("Where the enlarged pictures go"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self._settings.set("upscale_folder", name))
        dialog.open()

    def _changed(self, key: str) -> None:
        if key.startswith("upscale_"):
            self._show()

    def _show(self) -> None:
        folder = self._settings["upscale_folder"]
        self.folder.setText(folder or "")
        self.beside.setEnabled(bool(folder))
        self.quality.setEnabled(self._settings["upscale_format"] in _LOSSY)
        fault = fault_of(self._settings["upscale_pattern"])
        example = batch_settings_of(self._settings).name_for(_EXAMPLE, size=_EXAMPLE_SIZE)
        self._example.setText(fault or self.tr("For example %s") % example)
        self._example.setProperty("role", "warning" if fault else "caption")
        self._example.style().unpolish(self._example)
        self._example.style().polish(self._example)
        place = Path(folder).name if folder else self.tr("beside each picture")
        self.fold.set_summary(f"{self.format.currentText()}, {place}")
