"""The panels of the rail: one row each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtWidgets import QWidget

from studio.app.models.shelf import Shelf
from studio.app.orders import EngineReady
from studio.app.settings import Settings
from studio.app.translation import QT_TRANSLATE_NOOP, translated
from studio.app.unknown_words import UnknownWords
from studio.app.upscale_batch import UpscaleBatch
from studio.document.document import Document
from studio.ui.paint_state import PaintState
from studio.ui.panels.models import ModelsPanel
from studio.ui.panels.paint import PaintPanel
from studio.ui.panels.paint_page import PaintPage
from studio.ui.panels.prompt import PromptPanel
from studio.ui.panels.upscale import UpscalePanel


class Panel(Protocol):
    """What the window asks of every panel, which is also a QWidget.

    ``foot``, where there is one, stays below the panel when it scrolls.
    """

    foot: QWidget | None

    def show_model(self, ready: EngineReady) -> None: ...

    def focus_first(self) -> None: ...


@dataclass(frozen=True)
class PanelNeeds:
    """What a panel may be built from."""

    settings: Settings
    unknown: UnknownWords
    document: Document
    paint: PaintState
    batch: UpscaleBatch
    shelf: Shelf


@dataclass(frozen=True, kw_only=True)
class PanelRow:
    """A button in the rail and the panel it opens."""

    key: str
    title: str
    tooltip: str
    icon: str
    build: Callable[[PanelNeeds], QWidget]

    @property
    def shown_title(self) -> str:
        return translated("Panels", self.title)

    @property
    def shown_tooltip(self) -> str:
        return translated("Panels", self.tooltip)


PANELS: tuple[PanelRow, ...] = (
    PanelRow(
        key="paint",
        title=QT_TRANSLATE_NOOP("Panels", "Paint"),
        tooltip=QT_TRANSLATE_NOOP("Panels", "Paint a map and make a landscape of it (F5)"),
        icon="panel-paint",
        build=lambda needs: PaintPage(
            needs.settings,
            needs.unknown,
            needs.shelf,
            PaintPanel(needs.paint, needs.document),
        ),
    ),
    PanelRow(
        key="prompt",
        title=QT_TRANSLATE_NOOP("Panels", "Prompt"),
        tooltip=QT_TRANSLATE_NOOP("Panels", "Write what the picture shows (F6)"),
        icon="panel-prompt",
        build=lambda needs: PromptPanel(
            needs.settings, needs.unknown, needs.shelf, needs.document, needs.paint
        ),
    ),
    PanelRow(
        key="upscale",
        title=QT_TRANSLATE_NOOP("Panels", "Upscale"),
        tooltip=QT_TRANSLATE_NOOP("Panels", "Make photos and pictures larger (F7)"),
        icon="panel-upscale",
        build=lambda needs: UpscalePanel(needs.settings, needs.batch, needs.shelf),
    ),
    PanelRow(
        key="models",
        title=QT_TRANSLATE_NOOP("Panels", "Models"),
        tooltip=QT_TRANSLATE_NOOP("Panels", "See which models there are, and add some (F8)"),
        icon="panel-models",
        build=lambda needs: ModelsPanel(needs.shelf),
    ),
)
