"""What the comparison shows: the chosen file, its tiles as they come, its result from the disk."""

from pathlib import Path

from PySide6.QtCore import QObject, QRectF

from studio.app.background import Background
from studio.app.batch_file import BatchFile
from studio.app.settings import Settings
from studio.app.shown import Shown, read_shown
from studio.app.upscale_batch import Phase, UpscaleBatch
from studio.app.upscale_task import FileStarted, TileShown, Upscaled
from studio.app.upscale_wishes import batch_settings_of
from studio.contract.events import Cancelled, Failed
from studio.contract.upscaling import Region
from studio.pictures.batch import ItemState
from studio.pictures.picture import PictureError
from studio.ui.upscale.batch_list import BatchList
from studio.ui.upscale.compare_view import CompareView
from studio.ui.upscale.layers import Layers
from studio.ui.upscale.sheet import Sheet, image_of

_SIZES = ("upscale_scale", "upscale_width", "upscale_height")


class Showing(QObject):
    """Keeps the canvas at the file that is chosen in the list.

    While the batch runs the list follows the file in work, unless the person looks at another.
    """

    def __init__(
        self,
        settings: Settings,
        batch: UpscaleBatch,
        background: Background,
        canvas: CompareView,
        files: BatchList,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._batch = batch
        self._background = background
        self._canvas = canvas
        self._list = files
        self._file: BatchFile | None = None
        self._layers: Layers | None = None
        self._work: tuple[BatchFile, Layers] | None = None
        self._following = True
        files.chosen.connect(self._chosen)
        batch.changed.connect(self._batch_changed)
        batch.file_changed.connect(self._file_changed)
        batch.progressed.connect(self._progressed)
        batch.preview.happened.connect(self._previewed)
        settings.changed.connect(self._setting_changed)
        self._show(None)

    def choose_from(self, row: int) -> None:
        """Look at the first of the files that came and can be read, if nothing is in work."""
        came = self._batch.files[row:]
        if self._batch.phase is Phase.IDLE and came:
            readable = (file for file in came if file.state is not ItemState.FAILED)
            self._list.choose(next(readable, came[0]))

    # Which file

    def _chosen(self, file: BatchFile | None) -> None:
        if self._batch.running is not None:
            self._following = file is self._batch.running
        self._show(file)

    def _batch_changed(self) -> None:
        if self._batch.phase is Phase.IDLE:
            self._following = True
        if self._file is not None and self._file not in self._batch.files:
            self._show(self._list.current())
        elif self._file is None and self._batch.files:
            self._list.choose(self._batch.files[0])

    def _file_changed(self, file: BatchFile) -> None:
        """The shown file has been looked at, could not be read, or there is more to say of it."""
        if file is self._file and self._layers is None:
            self._show(file)
        elif file is self._file:
            self._canvas.note = " ".join(file.notices)

    def _setting_changed(self, key: str) -> None:
        layers = self._layers
        if key in _SIZES and layers is not None and layers.after is None:
            self._show(self._file)

    def _show(self, file: BatchFile | None) -> None:
        self._file, self._layers = file, self._layers_of(file)
        self._canvas.empty_text = self._text(file)
        self._canvas.note = " ".join(file.notices) if file is not None else ""
        self._canvas.set_layers(self._layers)
        if file is not None and self._layers is not None:
            self._load(file, self._layers)

    def _layers_of(self, file: BatchFile | None) -> Layers | None:
        if file is None or file.size is None or file.state is ItemState.FAILED:
            return None
        if self._work is not None and self._work[0] is file:
            return self._work[1]
        made = file.made if file.state is ItemState.DONE else None
        made = made or batch_settings_of(self._settings).size_for(file.size)
        return _rough(file, Layers(given=file.size, made=made))

    def _text(self, file: BatchFile | None) -> str:
        if file is None:
            return self.tr("Drop photos here, or press Ctrl+V.")
        if file.state is ItemState.FAILED:
            return file.sentence
        return self.tr("Reading %s") % file.name

    # Reading

    def _load(self, file: BatchFile, layers: Layers) -> None:
        if layers.before is None or layers.rough:
            self._background.start(self._load_before(file, layers))
        if file.state is ItemState.DONE and not layers.finished:
            self._background.start(self._load_after(file, layers))

    def _read(self, path: Path) -> tuple[Sheet, Shown]:
        """In the background's thread."""
        shown = read_shown(self._batch.reader, path)
        return Sheet(image_of(shown.pixels, shown.icc)), shown

    async def _load_before(self, file: BatchFile, layers: Layers) -> None:
        try:
            sheet, shown = await self._background.run(self._read, file.source)
        except PictureError as error:
            if layers is self._layers:
                self._canvas.empty_text = str(error)
                self._canvas.set_layers(None)
            return
        layers.before, layers.icc, layers.rough = sheet, shown.icc, False
        if layers is self._layers:
            self._canvas.refresh()

    async def _load_after(self, file: BatchFile, layers: Layers) -> None:
        """What is on the disk now is what the canvas shows from now on."""
        assert file.target is not None
        try:
            sheet, shown = await self._background.run(self._read, file.target)
        except PictureError as error:
            if layers.after is None and layers is self._layers:
                self._canvas.empty_text = str(error)
                self._canvas.set_layers(None)
            return
        layers.after, layers.made = sheet, shown.size
        layers.finished, layers.region, layers.part = True, None, None
        if layers is self._layers:
            self._canvas.refresh()

    # Tiles and regions

    def _progressed(self, file: BatchFile, event: object) -> None:
        match event:
            case FileStarted():
                self._begin(file, event)
            case TileShown() if self._work is not None:
                self._paste(self._work[1], event)
            case Upscaled() if self._work is not None:
                layers = self._work[1]
                self._work = None
                if layers is self._layers:
                    self._background.start(self._load_after(file, layers))
            case Cancelled() | Failed():
                self._work = None
                if file is self._file:
                    self._show(file)

    def _begin(self, file: BatchFile, event: FileStarted) -> None:
        given = file.size or event.size
        layers = Layers(given=given, made=event.size, after=Sheet.blank(event.shown))
        if file is self._file and self._layers is not None:
            layers.before, layers.rough = self._layers.before, self._layers.rough
            layers.icc = self._layers.icc
        self._work = (file, _rough(file, layers))
        if file is self._file:
            self._show(file)
        elif self._following:
            self._list.choose(file)

    def _paste(self, layers: Layers, tile: TileShown) -> None:
        assert layers.after is not None
        place = QRectF(tile.left, tile.top, tile.size.width, tile.size.height)
        layers.after.paste(image_of(tile.pixels, layers.icc), place, layers.made)
        layers.tiles.append(place)
        if layers is self._layers:
            self._canvas.refresh(place)

    def _previewed(self, file: BatchFile, region: Region, event: object) -> None:
        layers = self._layers
        if file is not self._file or layers is None:
            return
        match event:
            case FileStarted():
                layers.region, layers.part = region, None
            case Upscaled() if event.pixels is not None:
                layers.region, layers.part = region, Sheet(image_of(event.pixels, layers.icc))
                self._canvas.look_at(region)
                self._canvas.set_split((region.left + region.width / 2) / layers.given.width)
            case Cancelled() | Failed():
                layers.region = None
                if isinstance(event, Failed):
                    self._batch.refused.emit(event)
        self._canvas.refresh()


def _rough(file: BatchFile, layers: Layers) -> Layers:
    """The thumbnail stands in for the picture until it is read."""
    if layers.before is None and file.thumbnail is not None:
        layers.before, layers.rough = Sheet(image_of(file.thumbnail)), True
    return layers
