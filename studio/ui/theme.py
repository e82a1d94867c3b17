"""The colours of the window, dark and light, and the style they make."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio.contract.places import RESOURCES

TEXT_PX = 13
CAPTION_PX = 11


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One table of colours, as "#rrggbb".

    ``window`` lies behind everything, ``panel`` carries controls, ``canvas`` surrounds the picture,
    ``field`` is what can be typed into, ``raised`` what can be pressed, ``hover`` the same under
    the pointer, ``line`` divides, ``edge`` outlines a control. ``text``, ``muted`` and ``faint``
    (disabled) are written on them; ``accent`` marks the one thing that matters, ``accent_text``
    is written on it; ``danger`` and ``warning`` colour notices.
    """

    name: str
    window: str
    panel: str
    canvas: str
    field: str
    raised: str
    hover: str
    line: str
    edge: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_text: str
    selected: str
    danger: str
    warning: str

    def colour(self, name: str) -> QColor:
        return QColor(getattr(self, name))


DARK = Theme(
    name="dark",
    window="#141518",
    panel="#1b1c20",
    canvas="#101114",
    field="#121316",
    raised="#292b31",
    hover="#33363d",
    line="#26282d",
    edge="#3a3d45",
    text="#e8e9ec",
    muted="#a0a4ae",
    faint="#676b75",
    accent="#5aa9e6",
    accent_hover="#74b9ee",
    accent_text="#08131d",
    selected="#24384a",
    danger="#ff8f85",
    warning="#e9b85d",
)

LIGHT = Theme(
    name="light",
    window="#e7e8ea",
    panel="#f6f6f7",
    canvas="#d6d8db",
    field="#ffffff",
    raised="#ffffff",
    hover="#e9ebee",
    line="#dcdee2",
    edge="#c3c7ce",
    text="#1c1e22",
    muted="#5a5f69",
    faint="#9a9ea7",
    accent="#1767ab",
    accent_hover="#1c78c6",
    accent_text="#ffffff",
    selected="#d3e5f5",
    danger="#b3261e",
    warning="#8a5a00",
)

THEMES = {"dark": DARK, "light": LIGHT}


class ThemeKeeper(QObject):
    """Applies the chosen theme to the application and follows the system where asked to.

    ``changed(theme)`` follows every switch; ``choice`` is "system", "dark" or "light".
    """

    changed = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = "system"
        self.theme = DARK
        app.setStyle("Fusion")
        app.setFont(_font(app.font()))
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    def choose(self, choice: str) -> None:
        """Take "system", "dark" or "light"."""
        self._choice = choice
        scheme = {
            "dark": Qt.ColorScheme.Dark,
            "light": Qt.ColorScheme.Light,
        }.get(choice, Qt.ColorScheme.Unknown)
        self._app.styleHints().setColorScheme(scheme)
        self._apply(THEMES.get(choice) or _system_theme())

    def follow(self, slot: Callable[[Theme], object]) -> None:
        """Call ``slot(theme)`` now and after every switch."""
        self.changed.connect(slot)
        slot(self.theme)

    def _system_changed(self) -> None:
        if self._choice == "system":
            self._apply(_system_theme())

    def _apply(self, theme: Theme) -> None:
        self.theme = theme
        self._app.setPalette(_palette(theme))
        self._app.setStyleSheet(_stylesheet(theme))
        self.changed.emit(theme)


def _system_theme() -> Theme:
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return LIGHT if light else DARK


def _font(font: QFont) -> QFont:
    font.setPixelSize(TEXT_PX)
    return font


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for place, name in (
        (role.Window, "panel"),
        (role.WindowText, "text"),
        (role.Base, "field"),
        (role.AlternateBase, "raised"),
        (role.Text, "text"),
        (role.PlaceholderText, "muted"),
        (role.Button, "raised"),
        (role.ButtonText, "text"),
        (role.ToolTipBase, "raised"),
        (role.ToolTipText, "text"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "accent_text"),
        (role.Link, "accent"),
        (role.BrightText, "danger"),
        (role.Accent, "accent"),
        (role.Light, "hover"),
        (role.Midlight, "raised"),
        (role.Mid, "edge"),
        (role.Dark, "line"),
        (role.Shadow, "canvas"),
    ):
        palette.setColor(place, theme.colour(name))
    for place in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, place, theme.colour("faint"))
    return palette


def _stylesheet(theme: Theme) -> str:
    """The one stylesheet, its @names replaced by the theme's colours."""
    text = (RESOURCES / "theme" / "studio.qss").read_text(encoding="utf-8")
    values = {item.name: getattr(theme, item.name) for item in fields(theme)}
    values |= {"icons": (RESOURCES / "icons").as_posix(), "caption_px": f"{CAPTION_PX}px"}
    return re.sub(r"@(\w+)", lambda found: values[found[1]], text)
