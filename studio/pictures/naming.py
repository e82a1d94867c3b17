"""What enlarged pictures are called."""

import string
from pathlib import Path

from studio.contract.geometry import Size
from studio.pictures.picture import PictureError

DEFAULT_PATTERN = "{name}-{scale}x"
SIZE_PATTERN = "{name}-{scale}"
"""Where a size is asked for, ``{scale}`` is that size."""

FIELDS = ("name", "scale", "mode", "model")


def check_pattern(pattern: str) -> None:
    """Raise PictureError with a sentence where the pattern can't name files."""
    try:
        fields = {
            field for _, field, _, _ in string.Formatter().parse(pattern) if field is not None
        }
    except ValueError as error:
        raise PictureError(f"“{pattern}” is no name pattern; its braces don't match.") from error
    if unknown := fields - set(FIELDS):
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        raise PictureError(
            f"A name pattern knows {known}, and not {{{sorted(unknown)[0]}}}; change it."
        )
    if "name" not in fields:
        raise PictureError("The name pattern must hold {name}, or all files would get one name.")
    if set(pattern) & set('/\\:*?"<>|\0'):
        raise PictureError(f"“{pattern}” holds a sign that file names can't have; leave it out.")


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
    fields = {"name": source.stem, "scale": factor, "mode": mode, "model": Path(model).name}
    return pattern.format(**fields) + suffix
