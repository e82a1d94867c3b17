"""The size of the picture: shapes, usual sides, or any numbers."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.contract.geometry import Size
from studio.ui.binding import bind
from studio.ui.icon_button import IconButton
from studio.ui.panel_scroll import PanelNumber
from studio.ui.segments import Segments

SIDES = (256, 512, 768, 1024)
SHAPES = {"square": (1, 1), "landscape": (3, 2), "portrait": (2, 3), "wide": (2, 1)}


def preset(shape: str, side: int) -> Size:
    """The size of a shape whose shorter side is ``side``."""
    across, down = SHAPES[shape]
    return Size(side * across // min(across, down), side * down // min(across, down))


def shape_of(size: Size) -> str | None:
    """The shape with these proportions, None if it is none of them."""
    for name, (across, down) in SHAPES.items():
        if size.width * down == size.height * across:
            return name
    return None


class SizeControls(QWidget):
    """Three rows: shape, side, exact numbers; all show the same two settings."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        titles = {
            "square": self.tr("Square"),
            "landscape": self.tr("Landscape, 3:2"),
            "portrait": self.tr("Portrait, 2:3"),
            "wide": self.tr("Wide, 2:1"),
        }
        self.shape = Segments(
            self.tr("Shape"),
            [(key, title, title, f"shape-{key}") for key, title in titles.items()],
            stretch=True,
        )
        self.side = Segments(
            self.tr("Shorter side"),
            [
                (str(side), str(side), self.tr("%n pixels on the shorter side", "", side), "")
                for side in SIDES
            ],
            stretch=True,
        )
        label = QLabel(self.tr("Size"))
        label.setProperty("role", "label")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(label)
        layout.addWidget(self.shape)
        layout.addWidget(self.side)
        layout.addLayout(self._numbers())
        self.shape.changed.connect(self._preset)
        self.side.changed.connect(self._preset)
        settings.changed.connect(self._changed)
        self._show()

    def _numbers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.width_field, self.height_field = PanelNumber(), PanelNumber()
        turn = IconButton("rotate-size", self.tr("Swap width and height"))
        turn.clicked.connect(self._turn)
        for key, field in (("width", self.width_field), ("height", self.height_field)):
            row_of = BY_KEY[key]
            field.setRange(int(row_of.low or 0), int(row_of.high or 0))
            field.setSingleStep(int(row_of.step))
            field.setKeyboardTracking(False)
            field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            bind(self._settings, key, field)
        row.addWidget(self.width_field, 1)
        row.addWidget(QLabel("×"))
        row.addWidget(self.height_field, 1)
        row.addWidget(turn)
        return row

    def _size(self) -> Size:
        return Size(self._settings["width"], self._settings["height"])

    def _take(self, size: Size) -> None:
        self._settings.set("width", size.width)
        self._settings.set("height", size.height)

    def _preset(self) -> None:
        size = self._size()
        shape = self.shape.value() or "square"
        near = min(SIDES, key=lambda side: abs(side - min(size.width, size.height)))
        self._take(preset(shape, int(self.side.value() or near)))

    def _turn(self) -> None:
        size = self._size()
        self._take(Size(size.height, size.width))

    def _changed(self, key: str) -> None:
        if key in ("width", "height"):
            self._show()

    def _show(self) -> None:
        size = self._size()
        self.shape.set_value(shape_of(size))
        self.side.set_value(str(min(size.width, size.height)))
