"""How the state of files and batches is said."""

from PySide6.QtCore import QCoreApplication

from studio.app.batch_file import BatchFile
from studio.contract.geometry import Size
from studio.pictures.batch import ItemState
from studio.ui.progress_row import seconds

_CONTEXT = "Upscaling"


def _tr(text: str, count: int = -1) -> str:
    return QCoreApplication.translate(_CONTEXT, text, "", count)


def size_text(size: Size) -> str:
    return f"{size.width} × {size.height}"


def state_line(file: BatchFile) -> str:
    """Where one file stands, in one line."""
    match file.state:
        case ItemState.WAITING:
            return size_text(file.size) if file.size is not None else _tr("Waiting")
        case ItemState.RUNNING if file.fraction > 0:
            return _tr("%s · %s left") % (f"{file.fraction:.0%}", seconds(file.remaining or 0))
        case ItemState.RUNNING if file.made is not None:
            return _tr("Enlarging to %s") % size_text(file.made)
        case ItemState.RUNNING:
            return _tr("Starting")
        case ItemState.DONE if file.notices:
            return " ".join(file.notices)
        case ItemState.DONE if file.size is not None and file.made is not None:
            return f"{size_text(file.size)} → {size_text(file.made)}"
        case ItemState.DONE:
            return _tr("Done")
        case ItemState.FAILED | ItemState.SKIPPED:
            return _about(file)
    return ""


def _about(file: BatchFile) -> str:
    """The sentence without the file's own name at its start, which stands above it already."""
    said = file.sentence.removeprefix(f"“{file.name}” ")
    return said[:1].upper() + said[1:]
