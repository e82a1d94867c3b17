"""From one file to another through an upscaler, as the engine's process does it for the window.

The picture never crosses the pipe: it is read and written here, band by band, and the window is
sent what it can show.
"""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import numpy as np

from studio.app.shown import reduced_size, reduction_of, resized, shown_pixels
from studio.app.upscale_task import FileStarted, TileShown, Upscaled, UpscaleEvent, UpscaleTask
from studio.contract.events import CancelFlag, Event, Failed
from studio.contract.geometry import Size
from studio.contract.upscaling import (
    BandDone,
    TileDone,
    UpscaleFinished,
    UpscaleRequest,
    UpscaleStarted,
)
from studio.pictures.enlarging import Enlargement
from studio.pictures.picture import Picture, PictureError
from studio.pictures.reader import PictureReader

_unfinished: set[Enlargement] = set()

Upscale = Callable[[UpscaleRequest, Any, CancelFlag], Iterator[Any]]


def upscale_file(
    task: UpscaleTask, reader: PictureReader, upscale: Upscale, models: Any, cancel: CancelFlag
) -> Iterator[Event | UpscaleEvent]:
    """The events of one task, with exactly one terminal event; nothing half-written is left.

    ``upscale`` is the engine's function, which can't be imported here before torch.
    """
    try:
        picture = reader.read(task.source)
        request = task.settings.request(picture.pixels, task.region)
    except (PictureError, ValueError) as error:
        yield Failed(sentence=str(error))
        return
    try:
        with _Output(task, picture, request) as output:
            for event, worked in _timed(upscale(request, models, cancel)):
                told = output.take(event, worked)
                if told is not None:
                    yield told
    except PictureError as error:
        yield Failed(sentence=str(error))


def discard_unfinished() -> None:
    """Remove what is half-written; for a process that is about to end, from any of its threads."""
    for file in tuple(_unfinished):
        file.abort()


def _timed(events: Iterator[Any]) -> Iterator[tuple[Any, float]]:
    """Each event with the seconds worked so far, without those in which the job was laid aside."""
    worked = 0.0
    while True:
        began = time.monotonic()
        event = next(events, None)
        worked += time.monotonic() - began
        if event is None:
            return
        yield event, worked


class _Output:
    """Where the bands go: to the file, or together when only a region is looked at."""

    def __init__(self, task: UpscaleTask, picture: Picture, request: UpscaleRequest) -> None:
        self._notices = picture.notices
        self._reduction = reduction_of(request.output_size)
        self._file: Enlargement | None = None
        if task.target is not None:
            self._file = Enlargement(task.target, task.format, task.settings, picture)
        self._bands: list[np.ndarray] = []

    def __enter__(self) -> "_Output":
        if self._file is not None:
            _unfinished.add(self._file)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.abort()
            _unfinished.discard(self._file)

    def take(self, event: Any, worked: float) -> Event | UpscaleEvent | None:
        """Keep what the engine made; what the window wants to know of it."""
        if self._file is not None:
            self._file.take(event)
        match event:
            case UpscaleStarted():
                return self._started(event)
            case TileDone():
                return self._tile(event, worked)
            case BandDone():
                if self._file is None:
                    self._bands.append(shown_pixels(event.pixels))
                return None
            case UpscaleFinished():
                return self._finished(event.size, worked)
        told: Event = event
        return told

    def _started(self, event: UpscaleStarted) -> FileStarted:
        return FileStarted(
            size=event.size,
            shown=reduced_size(event.size, self._reduction),
            tiles=event.tiles,
            notices=(*self._notices, *event.notices),
        )

    def _tile(self, event: TileDone, worked: float) -> TileShown:
        most = reduced_size(event.size, self._reduction)
        pixels = shown_pixels(event.pixels)
        if pixels.shape[1] > most.width or pixels.shape[0] > most.height:
            pixels = resized(pixels, most)
        return TileShown(
            number=event.number,
            tiles=event.tiles,
            left=event.left,
            top=event.top,
            size=event.size,
            pixels=pixels,
            elapsed=worked,
            remaining=worked / event.number * (event.tiles - event.number),
        )

    def _finished(self, size: Size, worked: float) -> Upscaled:
        if self._file is None:
            return Upscaled(size=size, elapsed=worked, pixels=np.concatenate(self._bands))
        return Upscaled(size=size, elapsed=worked, notices=self._file.left_out)
