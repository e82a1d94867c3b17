"""Label maps that a command is given."""

from pathlib import Path

import numpy as np

from studio.commands.error import CommandError
from studio.document.formats.maps import read_any_map
from studio.document.formats.opened import FileError


def read_labels(path: Path) -> np.ndarray:
    """The map in a file: uint8 [H, W] of material ids, 255 = unlabelled.

    Raises CommandError when the file is no map, or holds pixels that are no material.
    """
    try:
        opened = read_any_map(path)
    except FileError as problem:
        raise CommandError(str(problem)) from problem
    if opened.unmatched:
        pixels = "1 pixel has" if opened.unmatched == 1 else f"{opened.unmatched} pixels have"
        raise CommandError(
            f"In “{path.name}” {pixels} a colour that no material has; save the map without "
            "antialiasing or compression, or open it in the window, which leaves them unpainted."
        )
    assert opened.labels is not None  # a map that was read has labels
    return opened.labels
