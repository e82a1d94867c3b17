"""Pictures that came without a file, kept in one until they are enlarged."""

import contextlib
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from studio.pictures.picture import PictureError
from studio.saving import PartFile, saving_problem

_STAMP = "%Y-%m-%d %H-%M-%S"


def keep_pasted(folder: Path, pixels: np.ndarray) -> Path:
    """Write uint8 [H, W, 3 or 4] as a PNG in ``folder``; raises PictureError with a sentence."""
    stem = f"pasted {datetime.now():{_STAMP}}"
    path, number = folder / f"{stem}.png", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} {number}.png"
    try:
        part = PartFile(path)
        try:
            Image.fromarray(pixels).save(part.stream, "PNG", compress_level=1)
            part.commit()
        finally:
            part.discard()
    except OSError as error:
        raise PictureError(saving_problem(path, error)) from error
    return path


def forget_pasted(folder: Path) -> None:
    """Remove what was kept; what can't be removed now is removed another time."""
    for path in folder.glob("pasted *.png"):
        with contextlib.suppress(OSError):
            path.unlink()
