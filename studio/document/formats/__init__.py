"""Reading and writing files people exchange."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.document.formats.found import FoundSettings
from studio.document.formats.maps import (
    map_in,
    read_ade20k,
    read_any_map,
    read_gaugan,
    read_map,
    write_gaugan,
    write_map,
)
from studio.document.formats.opened import FileError, Opened
from studio.document.formats.photograph import read_photograph
from studio.document.formats.picture import picture_in, read_picture, write_picture
from studio.document.formats.reading import SUFFIXES, open_image
from studio.document.formats.studio_chunk import KEYWORD

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "FileError",
    "FormatRow",
    "FoundSettings",
    "Opened",
    "open_file",
    "read_any_map",
    "write_gaugan",
    "write_map",
    "write_picture",
]


@dataclass(frozen=True, kw_only=True)
class FormatRow:
    """A kind of file that can be opened: its key, title, and the function that reads it."""

    key: str
    title: str
    read: Callable[[Path], Opened]


FORMATS: tuple[FormatRow, ...] = (
    FormatRow(key="picture", title="Picture with its settings", read=read_picture),
    FormatRow(key="map", title="Label map (palette or grey PNG)", read=read_map),
    FormatRow(key="gaugan", title="GauGAN-coloured map", read=read_gaugan),
    FormatRow(key="ade20k", title="ADE20K-coloured map", read=read_ade20k),
    FormatRow(key="photograph", title="Photograph's colours", read=read_photograph),
)


def open_file(path: Path) -> Opened:
    """Open whatever a person dropped or chose.

    A picture with settings comes back with them, a label map as a map, anything else as a plain
    picture. Raises FileError with a sentence.
    """
    image = open_image(path)
    opened = picture_in(image)
    if opened.request is not None or opened.found is not None or KEYWORD in image.info:
        return opened
    return map_in(path, image) or opened
