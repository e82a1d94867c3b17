"""One picture of a batch on its way to its file, fed with the engine's events."""

from pathlib import Path
from types import TracebackType
from typing import Self

from studio.contract.upscaling import BandDone, UpscaleEvent, UpscaleFinished, UpscaleStarted
from studio.pictures.batch_settings import BatchSettings
from studio.pictures.picture import Picture, PictureError
from studio.pictures.writing import PictureWriter, open_writer
from studio.saving import saving_problem


class Enlargement:
    """Writes what the engine makes of ``picture`` to ``target``, a file of ``format``, a key of
    the formats table.

    Hand every event to ``take``. Used in ``with``, or ended with ``abort``, it leaves no partial
    file. Once it is ``finished``, ``notices`` say what reading left behind and ``left_out`` what
    the output could not keep.
    """

    def __init__(
        self, target: Path, format: str, settings: BatchSettings, picture: Picture
    ) -> None:
        self._target, self._format = target, format
        self._settings, self._picture = settings, picture
        self._writer: PictureWriter | None = None
        self.notices: tuple[str, ...] = picture.notices
        self.left_out: tuple[str, ...] = ()
        self.finished = False

    def take(self, event: UpscaleEvent) -> None:
        """Do what the event asks for; PictureError with a sentence where the disk refuses."""
        match event:
            case UpscaleStarted(size=size, notices=notices):
                self.notices += notices
                self._make_folder()
                self._writer = open_writer(
                    self._target,
                    size,
                    self._picture,
                    self._format,
                    self._settings.quality,
                    overwrite=self._settings.replaces,
                )
            case BandDone(pixels=rows):
                assert self._writer is not None  # bands come after the start
                self._writer.write_rows(rows)
            case UpscaleFinished():
                assert self._writer is not None
                self.left_out = self._writer.close()
                self.finished = True

    def abort(self) -> None:
        """Leave nothing behind; harmless when finished."""
        if self._writer is not None:
            self._writer.abort()

    def _make_folder(self) -> None:
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PictureError(saving_problem(self._target, error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.abort()
