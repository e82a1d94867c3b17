"""What enlarged pictures are called and where they go."""

import string
from pathlib import Path

from studio.app.batch_plan import Naming
from studio.app.upscale_task import UpscaleOptions
from studio.contract.geometry import Size
from studio.pictures.formats import BY_KEY_OUT

FIELDS = ("name", "scale", "width", "height", "mode")
"""What can stand in braces in a pattern."""

_FORBIDDEN = set('/\\:*?"<>|') | {chr(code) for code in range(32)}
_EXAMPLE = Size(640, 480)


def fault_of(pattern: str) -> str:
    """Why a pattern can't be used, in a sentence; empty if it can."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(pattern) if part[1] is not None]
    except ValueError:
        return "A brace in the name is not closed."
    used = [name for name, _, _ in parts]
    unknown = [name for name, form, turn in parts if name not in FIELDS or form or turn]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        return f"There is no “{{{unknown[0]}}}”; use {known}."
    if any(letter in _FORBIDDEN for letter in pattern):
        return "A name can't have any of / \\ : * ? \" < > | in it."
    if "name" not in used:
        return "Put {name} into the name, or all pictures would be called the same."
    return ""


def target_for(
    source: Path, size: Size | None, own: bool, options: UpscaleOptions, naming: Naming
) -> Path:
    """Where the result of ``source`` is written; ``own`` ones have no folder to be written to.

    A pattern with a fault gives the name that the default pattern would.
    """
    pattern = naming.pattern if not fault_of(naming.pattern) else "{name}-{scale}x"
    given = size or _EXAMPLE
    made = options.size_for(given)
    name = pattern.format(
        name=source.stem,
        scale=f"{options.scale_for(given):.2f}".rstrip("0").rstrip("."),
        width=made.width,
        height=made.height,
        mode=options.mode.value,
    )
    folder = naming.folder or (naming.fallback if own else source.parent)
    return folder / (name + BY_KEY_OUT[naming.format].suffix)


def example_name(options: UpscaleOptions, naming: Naming) -> tuple[str, str]:
    """What “photo.jpg” would become, and the pattern's fault or nothing."""
    fault = fault_of(naming.pattern)
    return target_for(Path("photo.jpg"), _EXAMPLE, False, options, naming).name, fault


def free_name(path: Path, taken: set[Path | None]) -> Path:
    """``path``, or the first of "name 2", "name 3", … that is neither there nor taken."""
    free, number = path, 1
    while free.exists() or free in taken:
        number += 1
        free = path.with_name(f"{path.stem} {number}{path.suffix}")
    return free
