"""What paints the mask: brush and eraser on the canvas, and what changes all of it."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.setting import Setting
from studio.document.brushes import BRUSH_BY_KEY, DEFAULT_BRUSH, LARGEST_BRUSH, SMALLEST_BRUSH
from studio.document.document import Document
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption
from studio.ui.mask_hand import MASK_TOOLS
from studio.ui.number_slider import NumberSlider
from studio.ui.paint_state import PaintState

_SIZE = Setting(
    key="mask_brush",
    kind=int,
    default=DEFAULT_BRUSH,
    low=SMALLEST_BRUSH,
    high=LARGEST_BRUSH,
    title="Brush size",
    help="Diameter of the brush in pixels of the source; [ and ] change it",
)


class MaskTools(QWidget):
    """The tools that make sense on a mask share the state with those that paint maps."""

    def __init__(
        self, document: Document, state: PaintState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.buttons: dict[str, IconButton] = {}
        row = QHBoxLayout()
        row.setSpacing(4)
        for key in MASK_TOOLS:
            row.addWidget(self._tool(key))
        row.addStretch(1)
        self.invert = IconButton("invert-mask", self.tr("Repaint what is kept, keep the rest"))
        self.wipe = IconButton("clear", self.tr("Clear the mask; undo brings it back"))
        for button in (self.invert, self.wipe):
            button.setFixedSize(32, 32)
            row.addWidget(button)
        self.size_slider = NumberSlider(_SIZE, suffix=self.tr(" px"))
        self.size_slider.set_value(state.brush_size)
        title = QLabel(self.tr("Mask"))
        title.setProperty("role", "label")
        hint = caption(
            self.tr("Paint over what shall be made anew; without a mask the whole picture changes.")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(title)
        layout.addLayout(row)
        layout.addWidget(hint)
        layout.addWidget(self.size_slider)
        self.invert.clicked.connect(document.mask.invert)
        self.wipe.clicked.connect(document.mask.clear)
        self.size_slider.changed.connect(state.set_brush_size)
        state.brush_size_changed.connect(self.size_slider.set_value)
        state.tool_changed.connect(self._show)
        self._show(state.tool)

    def _tool(self, key: str) -> IconButton:
        row = BRUSH_BY_KEY[key]
        button = IconButton(f"tool-{key}", self.tr(row.title))
        button.setToolTip(f"{self.tr(row.title)} ({row.shortcut})")
        button.setCheckable(True)
        button.setFixedSize(32, 32)
        button.clicked.connect(lambda _checked=False: self._state.set_tool(key))
        self.buttons[key] = button
        return button

    def _show(self, key: str) -> None:
        shown = key if key in MASK_TOOLS else MASK_TOOLS[0]
        for name, button in self.buttons.items():
            button.setChecked(name == shown)
