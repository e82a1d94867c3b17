"""Opening, saving, pasting and dropping, as a person does them in the window."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PySide6.QtCore import QMimeData, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.gallery import Entry
from studio.app.session import Session
from studio.document.formats import (
    SUFFIXES,
    FileError,
    Opened,
    write_map,
    write_picture,
)
from studio.document.formats.photograph import labels_from_colours
from studio.document.formats.writing import write_whole
from studio.ui.images import to_image, to_pixels
from studio.ui.notice_bar import Notice

_PNG = "image/png"


class Files:
    """``tell(Notice)`` says what happened; nothing here blocks or asks a modal question."""

    def __init__(self, session: Session, owner: QWidget, tell: Callable[[Notice], None]) -> None:
        self._session = session
        self._owner = owner
        self._tell = tell
        self._run = session.background.run
        self._dialog: QFileDialog | None = None

    # Opening

    async def open_path(self, path: Path) -> None:
        """Open a map, a picture with its settings, or any other picture."""
        try:
            opened = await self._run(self._session.opener.open, path)
        except FileError as error:
            self._refuse(error)
        else:
            self._take(opened, path.name)

    async def import_path(self, path: Path, key: str) -> None:
        """Open a file as one of the FORMATS, whatever it looks like."""
        try:
            opened = await self._run(self._session.opener.open_as, path, key)
        except FileError as error:
            self._refuse(error)
        else:
            self._take(opened, path.name)

    async def picture_of(self, path: Path) -> np.ndarray | None:
        """The picture in a file, uint8 [H, W, 3]; None, and a notice, where there is none."""
        try:
            opened = await self._run(self._session.opener.open, path)
            if opened.picture is None:
                raise FileError(self._owner.tr("“%s” is a map and no picture.") % path.name)
        except FileError as error:
            self._refuse(error)
            return None
        return opened.picture

    async def depth_of(self, path: Path) -> np.ndarray | None:
        """The depth picture in a file, uint8 [H, W]; None, and a notice, where there is none."""
        try:
            return await self._run(self._session.opener.open_depth, path)
        except FileError as error:
            self._refuse(error)
            return None

    async def open_path_named(self, name: str) -> None:
        await self.open_path(Path(name))

    async def open_entry(self, entry: Entry) -> None:
        """Bring back a picture of the history."""
        try:
            self._session.restore(await self._session.gallery.open(entry))
        except FileError as error:
            self._refuse(error)

    async def take_data(self, data: QMimeData) -> None:
        """Take what was dropped or pasted: files first, then pixels."""
        for url in data.urls():
            if url.isLocalFile():
                await self.open_path(Path(url.toLocalFile()))
                return
        name = self._owner.tr("The pasted picture")
        if data.hasFormat(_PNG):
            await self._take_png(bytes(data.data(_PNG).data()), name)
        elif data.hasImage():
            self._take(_plain(QImage(data.imageData())), name)
        else:
            self._tell(
                Notice(kind="info", sentence=self._owner.tr("There is no picture to paste."))
            )

    @staticmethod
    def accepts(data: QMimeData) -> bool:
        """Whether a drop of this could be taken."""
        return data.hasImage() or any(
            url.toLocalFile().lower().endswith(SUFFIXES) for url in data.urls()
        )

    async def _take_png(self, png: bytes, name: str) -> None:
        try:
            opened = await self._run(self._session.opener.open_pasted, png, name)
        except FileError as error:
            self._refuse(error)
        else:
            self._take(opened, name)

    def _take(self, opened: Opened, name: str) -> None:
        tr = self._owner.tr
        self._session.restore(opened)
        if opened.request is not None or opened.found is not None:
            program = "" if opened.found is None else f" ({opened.found.program})"
            sentence = tr("%s came back with its settings.") % name
            if self._session.missing is None:  # else the window says that
                self._tell(Notice(kind="info", sentence=sentence + program))
        elif opened.labels is not None:
            self._report_map(opened, name)
        elif opened.picture is not None:
            self._offer(opened.picture, name)

    def _offer(self, picture: np.ndarray, name: str) -> None:
        """A picture without settings can become a map or a source, as the open panel has it."""
        tr = self._owner.tr
        if self._session.settings["panel"] == "prompt":
            action = tr("Start from it")

            def act() -> None:
                self._session.document.set_source(picture)
        else:
            action = tr("Make a map from its colours")

            def act() -> None:
                self._session.background.start(self._map_from(picture))

        sentence = tr("%s carries no settings.") % name
        self._tell(Notice(kind="offer", sentence=sentence, action=action, act=act))

    def _report_map(self, opened: Opened, name: str) -> None:
        tr = self._owner.tr
        if opened.unmatched:
            sentence = tr("%s pixels of %s match no material and were left empty.")
            self._tell(Notice(kind="warning", sentence=sentence % (f"{opened.unmatched:,}", name)))
        else:
            self._tell(Notice(kind="info", sentence=tr("%s is now the map.") % name))

    async def _map_from(self, picture: np.ndarray) -> None:
        labels = await self._run(labels_from_colours, picture)
        self._session.restore(Opened(format="photograph", labels=labels, picture=picture))

    # Saving

    async def save(self) -> None:
        """Write to the file it came from; ask for one if there is none."""
        document = self._session.document
        if document.path is None or not document.path.parent.is_dir():
            self.ask_save()
        else:
            await self.save_to(document.path)

    async def save_to(self, path: Path) -> None:
        """Write the picture with its settings and map, or the map alone if there is no picture."""
        document = self._session.document
        labels = document.labels.copy()
        try:
            if document.picture is not None:
                await self._run(write_picture, path, document.picture, document.request, labels)
            else:
                await self._run(write_map, path, labels)
        except FileError as error:
            self._refuse(error)
            return
        document.path, document.dirty = path, False
        self._session.settings.set("output_folder", str(path.parent))
        self._saved(path)

    async def save_map_to(self, path: Path) -> None:
        """Write the map alone, as a palette PNG."""
        try:
            await self._run(write_map, path, self._session.document.labels.copy())
        except FileError as error:
            self._refuse(error)
        else:
            self._saved(path)

    async def save_entry_to(self, entry: Entry, path: Path) -> None:
        """Write a picture of the history elsewhere, with everything it carries."""
        try:
            await self._run(_copied, entry.path, path)
        except FileError as error:
            self._refuse(error)
        else:
            self._saved(path)

    def ask_open(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        dialog = self._new_dialog(self._owner.tr("Open a picture or a map"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._owner.tr("Pictures and maps (%s)") % patterns)
        dialog.fileSelected.connect(lambda name: self._start(self.open_path(Path(name))))
        dialog.open()

    def ask_source(self, take: Callable[[Path], Coroutine[Any, Any, None]]) -> None:
        """Ask for a picture to start from."""
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        dialog = self._new_dialog(self._owner.tr("Start from a picture"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._owner.tr("Pictures (%s)") % patterns)
        dialog.fileSelected.connect(lambda name: self._start(take(Path(name))))
        dialog.open()

    def ask_depth(self, take: Callable[[Path], Coroutine[Any, Any, None]]) -> None:
        """Ask for a depth picture."""
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        dialog = self._new_dialog(self._owner.tr("Paint after a depth picture"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._owner.tr("Pictures (%s)") % patterns)
        dialog.fileSelected.connect(lambda name: self._start(take(Path(name))))
        dialog.open()

    def ask_lora(self, take: Callable[[Path], object]) -> None:
        """Ask for a LoRA file."""
        dialog = self._new_dialog(self._owner.tr("Use a LoRA file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(
            self._owner.tr("LoRA files (%s)") % "*.safetensors *.ckpt *.pt *.pth *.bin"
        )
        dialog.fileSelected.connect(lambda name: take(Path(name)))
        dialog.open()

    def ask_import(self, key: str) -> None:
        """Ask for a file of one of the FORMATS and make it the map."""
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        dialog = self._new_dialog(self._owner.tr("Import a map"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._owner.tr("Pictures and maps (%s)") % patterns)
        dialog.fileSelected.connect(lambda name: self._start(self.import_path(Path(name), key)))
        dialog.open()

    def ask_save(self) -> None:
        self._ask_target(lambda path: self._start(self.save_to(path)))

    def ask_save_map(self) -> None:
        self._ask_target(lambda path: self._start(self.save_map_to(path)), suffix="_map")

    def ask_save_entry(self, entry: Entry) -> None:
        self._ask_target(lambda path: self._start(self.save_entry_to(entry, path)))

    # Clipboard and folders

    def copy(self) -> None:
        """Put the picture, or the map's colours if there is none, on the clipboard."""
        document = self._session.document
        if document.picture is None:
            self._tell(Notice(kind="info", sentence=self._owner.tr("There is no picture yet.")))
            return
        QGuiApplication.clipboard().setImage(to_image(document.picture))
        self._tell(Notice(kind="info", sentence=self._owner.tr("The picture is copied.")))

    async def copy_entry(self, entry: Entry) -> None:
        """Put a picture of the history on the clipboard, as pixels and as a file."""
        try:
            opened = await self._session.gallery.open(entry)
        except FileError as error:
            self._refuse(error)
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(entry.path))])
        if opened.picture is not None:
            data.setImageData(to_image(opened.picture))
        QGuiApplication.clipboard().setMimeData(data)
        self._tell(Notice(kind="info", sentence=self._owner.tr("The picture is copied.")))

    async def delete_entry(self, entry: Entry) -> None:
        try:
            await self._session.gallery.delete(entry)
        except FileError as error:
            self._refuse(error)

    @staticmethod
    def reveal(folder: Path) -> None:
        """Show a folder in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # Details

    def _start(self, coroutine: object) -> None:
        self._session.background.start(coroutine)  # type: ignore[arg-type]

    def _folder(self) -> Path:
        chosen = self._session.settings["output_folder"]
        if chosen and Path(chosen).is_dir():
            return Path(chosen)
        place = QStandardPaths.StandardLocation.PicturesLocation
        pictures = Path(QStandardPaths.writableLocation(place))
        return pictures if pictures.is_dir() else Path.home()

    def _ask_target(self, save: Callable[[Path], None], suffix: str = "") -> None:
        dialog = self._new_dialog(self._owner.tr("Save as"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self._owner.tr("PNG picture (*.png)"))
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{datetime.now():%Y-%m-%d_%H-%M-%S}{suffix}.png")
        dialog.fileSelected.connect(lambda name: save(Path(name)))
        dialog.open()

    def _new_dialog(self, title: str) -> QFileDialog:
        if self._dialog is not None:
            self._dialog.deleteLater()
        self._dialog = QFileDialog(self._owner, title, str(self._folder()))
        return self._dialog

    def _saved(self, path: Path) -> None:
        self._tell(
            Notice(
                kind="info",
                sentence=self._owner.tr("Saved as %s.") % path.name,
                action=self._owner.tr("Show in its folder"),
                act=lambda: self.reveal(path.parent),
            )
        )

    def _refuse(self, error: FileError) -> None:
        self._tell(Notice(kind="error", sentence=str(error)))


def _plain(image: QImage) -> Opened:
    return Opened(format="picture", picture=to_pixels(image))


def _copied(source: Path, target: Path) -> None:
    try:
        data = source.read_bytes()
    except OSError as error:
        raise FileError(f"“{source.name}” is no longer in the history folder.") from error

    def write(file: BinaryIO) -> None:
        file.write(data)

    write_whole(target, write)
