"""What is worked on beside the map, as files: source with mask, depth picture, boxes."""

import json
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.contract.geometry import Size
from studio.contract.request import Box
from studio.document.document import Document, Guides
from studio.document.formats.opened import FileError
from studio.document.formats.reading import open_image
from studio.document.formats.studio_chunk import box_from_record, box_record
from studio.document.formats.writing import write_whole
from studio.document.mask import labels_of

log = logging.getLogger(__name__)

_OF = "source"
_QUICK = 1
"""PNG's weakest compression: it is written while a person works."""


@dataclass(frozen=True, kw_only=True)
class GuideFile:
    """``taken`` is a copy of what the document has now, which ``write(path, taken)`` writes from
    another thread, raising FileError; None is kept as no file.
    """

    name: str
    taken: Callable[[Document], Any]
    write: Callable[[Path, Any], None]

    def keep(self, folder: Path, taken: Any) -> None:
        """Write it whole, or remove the file where there is nothing; FileError with a sentence."""
        path = folder / self.name
        if taken is not None:
            self.write(path, taken)
            return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FileError(f"“{path}” could not be removed: {error.strerror}.") from error


def recovered_guides(folder: Path) -> Guides:
    """What there was beside the map when the window last ran; what is damaged is left out."""
    source = _pixels(folder / SOURCE.name, "RGB")
    return Guides(
        source=source,
        mask=None if source is None else _mask(folder / MASK.name, source),
        depth=_pixels(folder / DEPTH.name, "L"),
        boxes=_boxes(folder / BOXES.name),
    )


def _write_pixels(path: Path, pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    write_whole(path, lambda file: image.save(file, "PNG", compress_level=_QUICK))


def _taken_mask(document: Document) -> tuple[np.ndarray, np.ndarray] | None:
    pixels = document.mask.pixels
    if document.source is None or pixels is None:
        return None
    return pixels, document.source


def _write_mask(path: Path, taken: tuple[np.ndarray, np.ndarray]) -> None:
    """The mask says whose it is, for the program may end between two files."""
    mask, source = taken
    information = PngInfo()
    information.add_text(_OF, _mark(source))
    image = Image.fromarray(mask)
    write_whole(
        path,
        lambda file: image.save(file, "PNG", compress_level=_QUICK, pnginfo=information),
    )


def _mark(source: np.ndarray) -> str:
    return f"{source.shape[1]}x{source.shape[0]} {zlib.crc32(source.tobytes()):08x}"


def _write_boxes(path: Path, boxes: tuple[Box, ...]) -> None:
    text = json.dumps([box_record(box) for box in boxes])
    write_whole(path, lambda file: file.write(text.encode("ascii")))


def _pixels(path: Path, mode: str) -> np.ndarray | None:
    image = _image(path, mode)
    return None if image is None else np.array(image)


def _mask(path: Path, source: np.ndarray) -> np.ndarray | None:
    """As labels; a mask of another source is none of this one."""
    image = _image(path, "L")
    if image is None or image.info.get(_OF) != _mark(source):
        return None
    return labels_of(np.array(image), Size(image.width, image.height))


def _image(path: Path, mode: str) -> Image.Image | None:
    if not path.exists():
        return None
    try:
        image = open_image(path)
    except FileError as error:
        log.warning("not recovered: %s", error)
        return None
    return image if image.mode == mode else None


def _boxes(path: Path) -> tuple[Box, ...]:
    try:
        return tuple(box_from_record(box) for box in json.loads(path.read_text("ascii")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        log.warning("boxes not recovered: %s", error)
        return ()


SOURCE = GuideFile(
    name="working-source.png", taken=lambda document: document.source, write=_write_pixels
)
MASK = GuideFile(name="working-mask.png", taken=_taken_mask, write=_write_mask)
DEPTH = GuideFile(
    name="working-depth.png", taken=lambda document: document.depth, write=_write_pixels
)
BOXES = GuideFile(
    name="working-boxes.json", taken=lambda document: document.boxes or None, write=_write_boxes
)

GUIDES = (SOURCE, MASK, DEPTH, BOXES)
"""In the order in which they are written: a mask after its source."""
