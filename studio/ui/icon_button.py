"""Buttons with a monochrome icon that follows the theme."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from studio.ui.icons import icon

ICON_PX = 20


class IconButton(QToolButton):
    """A square button that shows an icon; ``name`` is what screen readers say and the tooltip."""

    def __init__(
        self, icon_name: str, name: str, parent: QWidget | None = None, *, size: int = ICON_PX
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setIconSize(QSize(size, size))
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._colour()

    def show_icon(self, icon_name: str) -> None:
        """Show another icon from now on."""
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            self._colour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._colour()

    def _colour(self) -> None:
        self.setIcon(icon(self._icon_name, self.palette().buttonText().color()))
