"""Label maps as files: index images, and maps in GauGAN's and ADE20K's colours."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from studio.contract.geometry import LARGEST_SIDE
from studio.contract.materials import UNLABELLED, Rgb
from studio.document.formats.opened import FileError, Opened
from studio.document.formats.reading import open_image, upright_pixels
from studio.document.formats.writing import write_whole
from studio.document.label_map import checked, without_foreign
from studio.document.palette import ADE20K, COLOURS, GAUGAN, coloured, labelled

_MOSTLY = 0.5
_EXACT = 6.0
_MOST_LABELS = 64
"""Of an index image that says nothing of its labels: more values than these are shades of grey."""


def write_map(path: Path, labels: np.ndarray) -> None:
    """Save a map uint8 [H, W] as a palette PNG, value = label; FileError on failure."""
    write_whole(path, lambda file: _save_palette(labels, file))


def write_gaugan(path: Path, labels: np.ndarray) -> None:
    """Save a map in GauGAN's colours (RGB PNG), unlabelled black; FileError on failure."""
    write_whole(path, lambda file: Image.fromarray(coloured(labels)).save(file, "PNG"))


def palette_png(labels: np.ndarray) -> bytes:
    """A map as the bytes of a palette PNG."""
    buffer = io.BytesIO()
    _save_palette(labels, buffer)
    return buffer.getvalue()


def _save_palette(labels: np.ndarray, file: BinaryIO) -> None:
    image = Image.fromarray(np.ascontiguousarray(labels))
    image.putpalette(COLOURS.tobytes())
    image.save(file, "PNG", optimize=False, bits=8)


def labels_from_png(data: bytes) -> np.ndarray:
    """The map uint8 [H, W] in the bytes of a palette PNG; ValueError if they are no map."""
    try:
        image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.mode not in ("P", "L") or max(image.size) > LARGEST_SIDE:
            raise ValueError("The map inside the picture has the wrong kind or size.")
        return np.array(image)
    except (OSError, SyntaxError, EOFError) as error:
        raise ValueError("The map inside the picture is damaged.") from error


def read_map(path: Path) -> Opened:
    """A map whose pixel values are labels: 8-bit palette or grey; FileError if it is none."""
    return _index(path, open_image(path))


def read_gaugan(path: Path) -> Opened:
    """A map in GauGAN's colours; counts the pixels that matched no material."""
    return _colours(path, open_image(path), "gaugan", GAUGAN)


def read_ade20k(path: Path) -> Opened:
    """A map in ADE20K's colours; counts the pixels that matched no material."""
    return _colours(path, open_image(path), "ade20k", ADE20K)


def read_any_map(path: Path) -> Opened:
    """A map of whichever kind fits best; FileError if most of it matches nothing."""
    opened = map_in(path, open_image(path))
    if opened is None:
        raise FileError(
            f"“{path.name}” doesn't look like a label map, because most of its colours are no "
            "material's; choose a palette, GauGAN or ADE20K map."
        )
    return opened


def map_in(path: Path, image: Image.Image) -> Opened | None:
    """The map that an image is, of whichever kind fits best; None if it looks like no map."""
    choices = []
    for key, colours in (("gaugan", GAUGAN), ("ade20k", ADE20K)):
        sample = _rgb(image)[::3, ::3]
        labels, unmatched = labelled(sample, colours, tolerance=_EXACT)
        if unmatched <= _MOSTLY * labels.size and (labels != UNLABELLED).any():
            choices.append(_colours(path, image, key, colours))
    own = _has_our_palette(image)
    by_colour = any(choice.unmatched == 0 for choice in choices)
    if image.mode in ("P", "L") and (own or not (by_colour or _has_shades(image))):
        opened = _index(path, image)
        if opened.unmatched <= _MOSTLY * image.width * image.height:
            choices.insert(0, opened)
    return min(choices, key=lambda opened: opened.unmatched, default=None)


def _has_our_palette(image: Image.Image) -> bool:
    """Whether the values of a palette image have the colours that the studio gives its labels."""
    if image.mode != "P":
        return False
    palette = np.asarray(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    used = np.unique(np.asarray(image))
    return bool(used.max() < len(palette) and np.array_equal(palette[used], COLOURS[used]))


def _has_shades(image: Image.Image) -> bool:
    return len(np.unique(np.asarray(image))) > _MOST_LABELS


def _index(path: Path, image: Image.Image) -> Opened:
    if image.mode not in ("P", "L"):
        raise FileError(
            f"“{path.name}” holds colours, not labels; import it as a GauGAN or ADE20K map."
        )
    labels, unmatched = without_foreign(_checked(path, np.asarray(image)))
    return Opened(format="map", labels=labels, unmatched=unmatched)


def _colours(path: Path, image: Image.Image, key: str, colours: Mapping[Rgb, int]) -> Opened:
    labels, unmatched = labelled(_rgb(image), colours)
    return Opened(format=key, labels=_checked(path, labels), unmatched=unmatched)


def _rgb(image: Image.Image) -> np.ndarray:
    return np.asarray(image) if image.mode == "RGB" else upright_pixels(image)


def _checked(path: Path, labels: np.ndarray) -> np.ndarray:
    try:
        return checked(labels)
    except ValueError as error:
        raise FileError(f"“{path.name}” can't be opened. {error}") from error
