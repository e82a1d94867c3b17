"""The painting tools as a row of buttons."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from studio.document.brushes import BRUSHES
from studio.ui.icon_button import IconButton
from studio.ui.paint_state import PaintState

_SIDE = 36


class ToolRow(QWidget):
    """One checkable button per row of BRUSHES."""

    def __init__(self, state: PaintState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Tools"))
        self.buttons: dict[str, IconButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for row in BRUSHES:
            title = self.tr(row.title)
            button = IconButton(f"tool-{row.key}", title)
            button.setToolTip(f"<b>{title}</b> ({row.shortcut})<br>{self.tr(row.hint)}")
            button.setCheckable(True)
            button.setFixedSize(_SIDE, _SIDE)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, key=row.key: state.set_tool(key))
            self._group.addButton(button)
            layout.addWidget(button)
            self.buttons[row.key] = button
        layout.addStretch(1)
        state.tool_changed.connect(self._show)
        self._show(state.tool)

    def _show(self, key: str) -> None:
        self.buttons[key].setChecked(True)
