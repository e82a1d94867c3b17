"""What ``latent-studio generate`` reads besides the prompt and the map."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studio.commands.error import CommandError
from studio.commands.known_models import known_classes
from studio.contract.geometry import Size
from studio.contract.open_images import KINDS
from studio.contract.request import Box
from studio.document.formats.opened import FileError
from studio.document.formats.reading import grey, open_image, read_depth, upright_pixels

_LARGEST_OWN = 1024
"""A photograph of many megapixels is not made anew at its own size unless that is asked for."""
_SHOWN = 3


def read_source(path: Path) -> np.ndarray:
    """The picture in a file, uint8 [H, W, 3] sRGB; CommandError."""
    try:
        return upright_pixels(open_image(path))
    except FileError as problem:
        raise CommandError(str(problem)) from problem


def read_mask(path: Path) -> np.ndarray:
    """The brightness of the picture in a file, uint8 [H, W], transparent = white; CommandError."""
    return grey(read_source(path))


def read_depth_picture(path: Path) -> np.ndarray:
    """The depth picture in a file, uint8 [H, W], bright = near; CommandError."""
    try:
        return read_depth(path)
    except FileError as problem:
        raise CommandError(str(problem)) from problem


def fitting_size(pixels: np.ndarray) -> Size:
    """The size of a picture, made smaller where that is very large."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _LARGEST_OWN / max(width, height))
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def class_number(text: str | None, model: str) -> int | None:
    """A class by its number, or by its name where the names are known; CommandError."""
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    names = known_classes(model)
    if not names:
        raise CommandError(
            f"The names of this model's classes are not known; give the number of “{text}”, or put "
            "imagenet-1k-id2label.json beside the model."
        )
    return _named(text, names, f"This model has no class “{text}”.")


def _named(text: str, names: Sequence[str], unknown: str) -> int:
    """The number of the name that is meant; CommandError where none or several may be."""
    wanted = text.casefold().strip()
    whole = [n for n, name in enumerate(names) if wanted in _synonyms(name)]
    found = whole or [n for n, name in enumerate(names) if wanted in name.casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(unknown)
    some = ", ".join(f"{names[n]} ({n})" for n in found[:_SHOWN])
    more = " and others" if len(found) > _SHOWN else ""
    raise CommandError(f"“{text}” may be {some}{more}; give the number.")


def _synonyms(name: str) -> list[str]:
    return [part.strip() for part in name.casefold().split(",")]


def box_from(text: str) -> Box:
    """KIND:LEFT,TOP,RIGHT,BOTTOM, the kind by its name or number; CommandError."""
    number = r"\s*([0-9.]+)\s*"
    matched = re.fullmatch(rf"\s*([^:]+?)\s*:{','.join([number] * 4)}", text)
    try:
        if matched is None:
            raise ValueError(
                f"“{text}” is no box; write it as KIND:LEFT,TOP,RIGHT,BOTTOM, such as "
                "person:0.1,0.2,0.5,0.9."
            )
        kind, *sides = matched.groups()
        left, top, right, bottom = map(float, sides)
        label = int(kind) if kind.isdecimal() else _named(kind, KINDS, _no_kind(kind))
        return Box(label=label, left=left, top=top, right=right, bottom=bottom)
    except ValueError as error:
        raise CommandError(str(error)) from error


def _no_kind(kind: str) -> str:
    near = difflib.get_close_matches(kind.capitalize(), KINDS, _SHOWN, cutoff=0.5)
    like = f"; there is {', '.join(near)}" if near else ""
    return f"Layout models know no objects called “{kind}”{like}. A number does, too."


def lora_from(text: str) -> tuple[str, float]:
    """NAME or NAME:WEIGHT, where a colon may also belong to a path; ValueError with a sentence."""
    name, colon, weight = text.rpartition(":")
    if not colon:
        return text, 1.0
    try:
        return name, float(weight)
    except ValueError:
        if weight.startswith(("/", "\\")):  # a drive's letter
            return text, 1.0
        raise ValueError(f"In “{text}” the weight “{weight}” is no number.") from None
