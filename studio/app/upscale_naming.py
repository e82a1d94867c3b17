"""Where enlarged pictures go, and under which name."""

from pathlib import Path

from studio.app.batch_file import BatchFile
from studio.app.saved_batch import Naming
from studio.app.upscale_task import UpscaleOptions
from studio.contract.geometry import Size
from studio.pictures.formats import BY_KEY_OUT, format_like
from studio.pictures.naming import DEFAULT_PATTERN, SIZE_PATTERN, check_pattern, file_name
from studio.pictures.picture import PictureError

SAME_FORMAT = "same"
"""The choice of ``upscale_format`` that means each picture's own."""

_EXAMPLE = BatchFile(Path("photo.jpg"), size=Size(640, 480), format="jpeg")


def fault_of(pattern: str) -> str:
    """Why a pattern can't be used, in a sentence; empty if it can."""
    try:
        check_pattern(pattern)
        file_name(Path("a"), "", pattern=pattern, scale=4.0, mode="faithful", model="x")
    except PictureError as error:
        return str(error)
    except (ValueError, LookupError, AttributeError):
        return "The braces in the name can hold only a word, such as {name}; change them."
    return "" if pattern.isprintable() else "The name holds a sign that can't be seen; remove it."


def format_for(file: BatchFile, naming: Naming) -> str:
    """The key of the format that a file's result is written in."""
    return format_like(file.format).key if naming.format == SAME_FORMAT else naming.format


def target_for(file: BatchFile, options: UpscaleOptions, naming: Naming) -> Path:
    """Where the result of ``file`` is written; the studio's own files have no folder for it.

    A pattern with a fault gives the name that the default pattern would.
    """
    pattern = DEFAULT_PATTERN if fault_of(naming.pattern) else naming.pattern
    if options.within is not None and pattern == DEFAULT_PATTERN:
        pattern = SIZE_PATTERN
    name = file_name(
        file.source,
        BY_KEY_OUT[format_for(file, naming)].suffix,
        pattern=pattern,
        scale=options.scale
        if options.within is None
        else options.size_for(file.size or Size(1, 1)),
        mode=options.mode.value,
        model=options.model,
    )
    return (naming.folder or (naming.fallback if file.own else file.source.parent)) / name


def example_name(options: UpscaleOptions, naming: Naming) -> str:
    """What “photo.jpg” would become."""
    return target_for(_EXAMPLE, options, naming).name


def free_name(path: Path, taken: set[Path | None]) -> Path:
    """``path``, or the first of "name 2", "name 3", … that is neither there nor taken."""
    free, number = path, 1
    while free.exists() or free in taken:
        number += 1
        free = path.with_name(f"{path.stem} {number}{path.suffix}")
    return free
