"""A row of buttons of which one is chosen."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from studio.ui.icon_button import IconButton


class Segments(QFrame):
    """Choices as (value, title, tooltip, icon or ""); ``changed(value)`` follows a click or key."""

    changed = Signal(object)

    def __init__(
        self,
        name: str,
        choices: Sequence[tuple[str, str, str, str]],
        parent: QWidget | None = None,
        *,
        stretch: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("segments")
        self.setAccessibleName(name)
        self._buttons: dict[str, QToolButton] = {}
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        group = QButtonGroup(self)
        group.setExclusive(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(2)
        for value, title, tooltip, icon_name in choices:
            if icon_name:
                button: QToolButton = IconButton(icon_name, f"{name}: {title}")
            else:
                button = QToolButton()
                button.setText(title)
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setAccessibleName(f"{name}: {title}")
            button.setToolTip(tooltip)
            button.setCheckable(True)
            if stretch:
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(self._clicked)
            group.addButton(button)
            layout.addWidget(button)
            self._buttons[value] = button
        self._group = group

    def value(self) -> str | None:
        for value, button in self._buttons.items():
            if button.isChecked():
                return value
        return None

    def set_value(self, value: str | None) -> None:
        """Choose without emitting; None chooses nothing."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)
        elif (checked := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            checked.setChecked(False)
            self._group.setExclusive(True)

    def _clicked(self) -> None:
        self.changed.emit(self.value())
