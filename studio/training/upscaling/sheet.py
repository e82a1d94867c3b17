"""The sheet of an upscaler's card: held-out pictures by bicubic and by both characters."""

from pathlib import Path

import numpy as np
from PIL import Image

from studio.engine.library import ModelLibrary
from studio.training.card import sheet_of
from studio.training.upscaling.evaluation import held_out, methods, small_ones
from studio.training.upscaling.pictures import KINDS

_SHOWN = ("bicubic", "Faithful", "Vivid")
_GAP = 6


def draw_sheet(folder: Path, device: str | None = None) -> Path:
    """Write the model's sheet: for every kind a row of bicubic, Faithful, Vivid and the real
    picture, from a clean small picture, and the same from a damaged one to the right.
    """
    run = methods(ModelLibrary(device=device), folder)
    rows = []
    for number, (_, real) in enumerate(held_out(len(KINDS))):
        row = []
        for _, small, repair in small_ones(real, number):
            row += [run[method](small, repair) for method in _SHOWN]
            row.append(real)
        rows.append(row)
    height, width = rows[0][0].shape[:2]
    sheet = np.full(
        ((height + _GAP) * len(rows) + _GAP, (width + _GAP) * len(rows[0]) + _GAP, 3), 255, np.uint8
    )
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            top, left = _GAP + down * (height + _GAP), _GAP + across * (width + _GAP)
            sheet[top : top + height, left : left + width] = picture
    path = sheet_of(folder)
    Image.fromarray(sheet).save(path, quality=65, method=6)
    return path
