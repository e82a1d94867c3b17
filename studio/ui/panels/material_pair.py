"""The material in the hand and the one before it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.contract.materials import LABEL_BY_ID
from studio.ui.icon_button import IconButton
from studio.ui.material_names import called
from studio.ui.paint_state import PaintState

_SIDE = 32
_BUTTON = 36


class _Chip(QWidget):
    """Two overlapping squares in the map's colours."""

    def __init__(self, state: PaintState) -> None:
        super().__init__()
        self._state = state
        self.setFixedSize(_SIDE, _SIDE)
        self.setAccessibleName(self.tr("Current and previous material"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self.palette().window().color()
        for label, place in ((self._state.previous_material, 12), (self._state.material, 1)):
            painter.setPen(QPen(ground, 2))
            painter.setBrush(QColor(*LABEL_BY_ID[label].gaugan))
            painter.drawRoundedRect(place, place, 19, 19, 4, 4)


class MaterialPair(QWidget):
    """Names the current material, or the one under the pointer; a button swaps it for the previous.

    ``replace_wanted(old, new)`` asks to turn the previous material into the current one everywhere.
    """

    replace_wanted = Signal(int, int)

    def __init__(self, state: PaintState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._chip = _Chip(state)
        self.name = QLabel()
        self.previous = QLabel()
        self.previous.setProperty("role", "caption")
        self.swap = IconButton(
            "swap-materials", self.tr("Paint with the previous material again (X)")
        )
        self.swap.clicked.connect(state.swap_materials)
        self.replace = IconButton("tool-swap", "")
        self.replace.clicked.connect(self._replace)
        for button in (self.swap, self.replace):
            button.setFixedSize(_BUTTON, _BUTTON)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.name)
        names.addWidget(self.previous)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._chip)
        layout.addLayout(names, 1)
        layout.addWidget(self.swap)
        layout.addWidget(self.replace)
        state.material_changed.connect(self._show)
        self._show()

    def name_hovered(self, name: str) -> None:
        """Show the name under the pointer; "" goes back to the current material."""
        self.name.setText(name or called(LABEL_BY_ID[self._state.material]))

    def _show(self) -> None:
        current = called(LABEL_BY_ID[self._state.material])
        previous = called(LABEL_BY_ID[self._state.previous_material])
        self.name.setText(current)
        self.previous.setText(self.tr("before: %s") % previous)
        tip = self.tr("Turn all %s in the map into %s") % (previous.lower(), current.lower())
        self.replace.setToolTip(tip)
        self.replace.setAccessibleName(tip)
        self._chip.update()

    def _replace(self) -> None:
        self.replace_wanted.emit(self._state.previous_material, self._state.material)
