"""The panel that paints: materials, tools, brush size, and where maps come from and go to."""

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.setting import Setting
from studio.contract.materials import BY_ID, Material
from studio.document.brushes import BRUSH_BY_KEY, DEFAULT_BRUSH, LARGEST_BRUSH, SMALLEST_BRUSH
from studio.document.document import Document
from studio.document.formats import FORMATS, FileError
from studio.document.palette import coloured
from studio.document.presets import PRESETS, PresetRow
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption
from studio.ui.number_slider import NumberSlider
from studio.ui.paint_state import PaintState
from studio.ui.panels.label_list import LabelList
from studio.ui.panels.material_pair import MaterialPair
from studio.ui.panels.swatches import Swatches
from studio.ui.panels.tool_row import ToolRow

_THUMBNAIL = 48
_IMPORTED = ("gaugan", "ade20k", "photograph")
_BRUSH_SETTING = Setting(
    key="brush_size",
    kind=int,
    default=DEFAULT_BRUSH,
    low=SMALLEST_BRUSH,
    high=LARGEST_BRUSH,
    title="Brush size",
    help="Diameter of the brush in pixels of the map; [ and ] change it",
)


class PaintPanel(QWidget):
    """Bound to a PaintState and a Document.

    ``open_wanted()``, ``save_map_wanted()`` and ``import_wanted(format key)`` ask for files;
    ``failed(sentence)`` says why an example could not be shown.
    """

    open_wanted = Signal()
    save_map_wanted = Signal()
    import_wanted = Signal(str)
    failed = Signal(str)

    def __init__(
        self, state: PaintState, document: Document, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._document = document
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search materials"))
        self.search.setAccessibleName(self.tr("Search materials"))
        self.search.setToolTip(self.tr("Type a name; Enter takes the first material found"))
        self.search.setClearButtonEnabled(True)
        self.swatches = Swatches(state)
        self.labels = LabelList(state)
        self.labels.hide()
        self.pair = MaterialPair(state)
        self.tools = ToolRow(state)
        self.hint = caption()
        self.brush = NumberSlider(_BRUSH_SETTING, suffix=self.tr(" px"))
        self.brush.set_value(state.brush_size)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(self._materials())
        layout.addWidget(self.pair)
        tools = QVBoxLayout()
        tools.setSpacing(4)
        tools.addWidget(self.tools)
        tools.addWidget(self.hint)
        layout.addLayout(tools)
        layout.addWidget(self.brush)
        layout.addLayout(self._map_row())
        layout.addStretch(1)
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._take_first)
        self.swatches.hovered.connect(self.pair.name_hovered)
        self.pair.replace_wanted.connect(document.replace_material)
        self.brush.changed.connect(state.set_brush_size)
        state.brush_size_changed.connect(self.brush.set_value)
        state.tool_changed.connect(self._show_tool)
        self._show_tool(state.tool)

    def show_labels(self, all_of_them: bool) -> None:
        """Offer every label there is, or the twenty materials alone."""
        self.labels.setVisible(all_of_them)
        if not all_of_them and self._state.material not in BY_ID:
            self._state.set_material(self.swatches.first)
        self._search(self.search.text())

    def _materials(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.search)  # its own words say what it is
        self._none = caption()
        self._none.hide()
        column.addWidget(self._none)
        column.addSpacing(4)
        column.addWidget(self.swatches)
        column.addSpacing(4)
        column.addWidget(self.labels)
        return column

    def _map_row(self) -> QVBoxLayout:
        self.examples = IconButton("examples", self.tr("Example maps"))
        self.examples.setText(self.tr("Examples"))
        self.examples.setToolTip(self.tr("Begin with one of the example maps"))
        self.examples.setMenu(self._examples_menu())
        self.examples.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        imports = IconButton("import", self.tr("Import a map of another program, or a photograph"))
        imports.setMenu(self._import_menu())
        opens = IconButton("folder", self.tr("Open a map or picture (Ctrl+O)"))
        opens.clicked.connect(self.open_wanted)
        saves = IconButton("save", self.tr("Save the map as a palette PNG"))
        saves.clicked.connect(self.save_map_wanted)
        clears = IconButton("clear", self.tr("Clear the whole map; undo brings it back"))
        clears.clicked.connect(self._clear)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.examples, imports):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.examples.setProperty("role", "framed")
        row.addWidget(self.examples, 1)
        policy = QSizePolicy.Policy
        self.examples.setSizePolicy(policy.Expanding, policy.Fixed)
        for icon_button in (opens, imports, saves, clears):
            icon_button.setFixedSize(36, 36)
            row.addWidget(icon_button)
        self.examples.setFixedHeight(36)
        title = QLabel(self.tr("Map"))
        title.setProperty("role", "label")
        title.setBuddy(self.examples)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(title)
        column.addLayout(row)
        return column

    def _examples_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("Example maps"))
        menu.setProperty("role", "pictures")
        menu.aboutToShow.connect(self._fill_examples)
        self._example_menu = menu
        return menu

    def _fill_examples(self) -> None:
        """Made when first opened, so that the window need not wait for six files."""
        if self._example_menu.actions():
            return
        vietnamese = QLocale().language() == QLocale.Language.Vietnamese
        for row in PRESETS:
            action = self._example_menu.addAction(row.name_vi if vietnamese else row.name)
            action.setIcon(_thumbnail(row))
            action.triggered.connect(lambda _checked=False, row=row: self._show_example(row))

    def _import_menu(self) -> QMenu:
        menu = QMenu(self)
        titles = {row.key: row.title for row in FORMATS}
        for key in _IMPORTED:
            action = menu.addAction(self.tr(titles[key]) + "…")
            action.triggered.connect(lambda _checked=False, key=key: self.import_wanted.emit(key))
        return menu

    def _show_example(self, row: PresetRow) -> None:
        try:
            self._document.set_map(row.labels())
        except FileError as error:
            self.failed.emit(str(error))
        else:
            self._state.set_map_opacity(1.0)

    def _clear(self) -> None:
        self._document.clear()
        self._state.set_map_opacity(1.0)

    def _search(self, words: str) -> None:
        found = self._found(words)
        self._none.setVisible(not found)
        self._none.setText(self.tr("No material is called “%s”.") % words.strip())

    def _found(self, words: str) -> list[Material]:
        found = self.swatches.search(words)
        return found + (self.labels.search(words) if not self.labels.isHidden() else [])

    def _take_first(self) -> None:
        found = self._found(self.search.text())
        if found and self.search.text().strip():
            self._state.set_material(found[0].id)
            self.search.clear()

    def _show_tool(self, key: str) -> None:
        row = BRUSH_BY_KEY[key]
        self.hint.setText(self.tr(row.hint))
        self.brush.setEnabled(row.sized)


def _thumbnail(row: PresetRow) -> QIcon:
    """The example small, in its materials' colours; empty if its file is damaged."""
    try:
        pixels = coloured(row.labels())
    except FileError:
        return QIcon()
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    small = image.scaled(
        _THUMBNAIL,
        _THUMBNAIL,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return QIcon(QPixmap.fromImage(small))
