"""What enlarged pictures are called."""

import itertools
import os
import string
from collections.abc import Container
from pathlib import Path

from studio.contract.geometry import Size
from studio.pictures.picture import PictureError

DEFAULT_PATTERN = "{name}-{scale}x"
SIZE_PATTERN = "{name}-{scale}"
"""Where a size is asked for, ``{scale}`` is that size."""

_WEIGHTS = (".safetensors", ".pth", ".pt", ".ckpt")
FIELDS = ("name", "scale", "mode", "model")


def check_pattern(pattern: str) -> None:
    """Raise PictureError with a sentence where the pattern can't name files."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise PictureError(f"“{pattern}” is no name pattern; its braces don't match.") from error
    fields = {field for _, field, _, _ in parts if field is not None}
    if unknown := fields - set(FIELDS):
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        raise PictureError(
            f"A name pattern knows {known}, and not {{{sorted(unknown)[0]}}}; change it."
        )
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise PictureError(f"The braces of “{pattern}” can hold only a word, such as {{name}}.")
    if "name" not in fields:
        raise PictureError("The name pattern must hold {name}, or all files would get one name.")
    if set(pattern) & set('/\\:*?"<>|'):
        raise PictureError(f"“{pattern}” holds a sign that file names can't have; leave it out.")
    if not pattern.isprintable():
        raise PictureError("The name pattern holds a sign that can't be seen; remove it.")


def file_name(
    source: Path,
    suffix: str,
    *,
    pattern: str = DEFAULT_PATTERN,
    scale: float | Size,
    mode: str,
    model: str,
) -> str:
    """The name that ``pattern`` gives to what is made of ``source``, ``suffix`` at its end."""
    factor = f"{scale:g}" if isinstance(scale, float | int) else str(scale)
    fields = {"name": source.stem, "scale": factor, "mode": mode, "model": _called(model)}
    return pattern.format(**fields) + suffix


def _called(model: str) -> str:
    """A model's name, or of a file its name without the suffix."""
    path = Path(model)
    return path.stem if path.suffix.lower() in _WEIGHTS else path.name


def free_name(path: Path, taken: Container[str], *, on_disk: bool = True) -> Path:
    """``path``, or the first of "name-2", "name-3", … that is not taken.

    ``taken`` holds names as ``same_name`` makes them; ``on_disk``: what is there is taken too.
    """
    for number in itertools.count(2):
        if same_name(path) not in taken and not (on_disk and os.path.lexists(path)):
            break
        stem = path.stem if number == 2 else path.stem.removesuffix(f"-{number - 1}")
        path = path.with_stem(f"{stem}-{number}")
    return path


def same_name(path: Path) -> str:
    """Equal for paths that name one file where case does not count."""
    return os.path.normcase(path).casefold()
