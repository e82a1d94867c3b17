"""What the window does with models and sources: the ways between panels, stage and session."""

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from studio.app.gallery import Entry
from studio.app.models.downloads import Download, Downloads
from studio.app.models.register import Installed, RegisterError
from studio.app.session import Session
from studio.contract.catalog import Capability
from studio.document.document import Change
from studio.document.formats.reading import grey
from studio.ui.canvas import Canvas
from studio.ui.files import Files
from studio.ui.images import to_pixels
from studio.ui.models.stage import ModelsStage
from studio.ui.notice_bar import Notice
from studio.ui.panels.model_picker import ModelPicker


class ModelsSide(QObject):
    """``stage`` is what the middle shows beside the list of models. ``start`` runs a coroutine,
    ``tell`` shows a notice.
    """

    def __init__(
        self,
        session: Session,
        downloads: Downloads,
        panels: dict[str, Any],
        start: Callable[[Coroutine[Any, Any, None]], None],
        tell: Callable[[Notice], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panels = panels
        self._start = start
        self._tell = tell
        self.stage = ModelsStage(session.shelf, downloads, panels["models"], start, tell)
        downloads.finished.connect(self._arrived)

    def connect_to(self, canvas: Canvas, files: Files) -> None:
        """Tie panels, canvas and files together."""
        self._canvas = canvas
        self._files = files
        session, settings = self._session, self._session.settings
        self.stage.use_wanted.connect(self._use)
        self.stage.reveal_wanted.connect(files.reveal)
        for key in ("prompt", "paint"):
            picker: ModelPicker = self._panels[key].picker
            picker.manage_wanted.connect(self._manage)
            picker.answered.connect(lambda model, told: self._start(self._answer(model, told)))
            picker.changed.connect(self._show_masking)
        self._panels["upscale"].controls.picker.manage_wanted.connect(self._manage_upscalers)
        source = self._panels["prompt"].source
        source.file_wanted.connect(lambda: files.ask_source(self.take_source))
        source.data_given.connect(self._given)
        depth = self._panels["prompt"].depth_picture
        depth.file_wanted.connect(lambda: files.ask_depth(self.take_depth))
        depth.data_given.connect(self._given_depth)
        for key in ("prompt", "paint"):
            loras = self._panels[key].loras
            loras.file_wanted.connect(partial(files.ask_lora, loras.add))
        session.missed.connect(self._missed)
        session.document.listen(self._changed)
        settings.changed.connect(self._setting_changed)
        settings.watch("panel", self, lambda _key: self._show_masking())

    def take_entry(self, entry: Entry) -> None:
        """Start from a picture of the history."""
        self._session.settings.set("panel", "prompt")
        self._start(self.take_source(entry.path))

    async def take_source(self, path: Path) -> None:
        """Start from the picture in a file."""
        picture = await self._files.picture_of(path)
        if picture is not None:
            self._session.document.set_source(picture)

    async def take_depth(self, path: Path) -> None:
        """Follow the depth picture in a file."""
        depth = await self._files.depth_of(path)
        if depth is not None:
            self._session.document.set_depth(depth)

    def _given_depth(self, data: object) -> None:
        if isinstance(data, Path):
            self._start(self.take_depth(data))
        elif isinstance(data, QImage) and not data.isNull():
            self._session.document.set_depth(grey(to_pixels(data)))

    def _given(self, data: object) -> None:
        if isinstance(data, Path):
            self._start(self.take_source(data))
        elif isinstance(data, QImage) and not data.isNull():
            self._session.document.set_source(to_pixels(data))

    def _use(self, model: Installed, panel: str) -> None:
        self._session.settings.set("upscale_model" if panel == "upscale" else "model", model.key)
        self._session.settings.set("panel", panel)

    def _manage(self) -> None:
        self._session.settings.set("panel", "models")
        self.stage.show_chosen(self._session.settings["model"])

    def _manage_upscalers(self) -> None:
        self._session.settings.set("panel", "models")
        self.stage.show_chosen(self._session.settings["upscale_model"])

    async def _answer(self, model: Installed, prediction: str) -> None:
        try:
            await self._session.shelf.answer(model, prediction)
        except RegisterError as error:
            self._tell(Notice(kind="error", sentence=str(error)))
        else:
            self._session.preload()

    def _missed(self, name: str) -> None:
        self._tell(
            Notice(
                kind="warning",
                sentence=self.tr("The picture was made with “%s”, which is not here.") % name,
                action=self.tr("Models"),
                act=self._manage,
            )
        )

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "model":
            self._session.preload()

    def _changed(self, change: Change) -> None:
        if change.source:
            self._show_masking()

    def _show_masking(self) -> None:
        """The mask is painted where a source is used; everywhere else the map is."""
        masks = self._session.uses_source and self._session.can(Capability.MASK)
        self._canvas.setMasking(masks)

    def _arrived(self, item: Download) -> None:
        """A word list may tell the names of classes, or let the model read."""
        if item.words is not None:
            card = self._session.shelf.card(self._session.settings["model"])
            self._panels["prompt"].show_card(card)
