"""Contact sheets: pictures beside their maps and captions, to look at and to be proud of."""

import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from studio.contract.materials import MATERIALS
from studio.worlds.captions import caption
from studio.worlds.painting import hand_like
from studio.worlds.render import World, render

_PER_SHEET = 8
_FONTS = ("DejaVuSans", "NotoSans-Regular", "LiberationSans-Regular", "arial", "Arial Unicode")
"""Fonts with Vietnamese letters, at least one of which most systems have."""


def write_sheets(
    count: int, seed: int, directory: Path | str, size: tuple[int, int] = (256, 256)
) -> list[Path]:
    """Render ``count`` worlds from ``seed`` on and write sheets of eight to the directory.

    Every row shows a picture, its exact map, a hand-like map, and both captions. Returns the
    files written, PNG.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for start in range(seed, seed + count, _PER_SHEET):
        worlds = render(range(start, min(start + _PER_SHEET, seed + count)), size)
        path = folder / f"worlds-{start:06d}.png"
        _sheet(worlds).save(path)
        files.append(path)
    return files


def _colours(labels: np.ndarray) -> Image.Image:
    table = np.zeros((256, 3), np.uint8)
    for material in MATERIALS:
        table[material.id] = material.gaugan
    return Image.fromarray(table[labels])


def _font() -> FreeTypeFont | ImageFont.ImageFont:
    for name in _FONTS:
        try:
            return ImageFont.truetype(f"{name}.ttf", 12)
        except OSError:
            continue
    return ImageFont.load_default(13)


def _drawable(text: str, font: FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, without its accents if only Pillow's own font is there, which lacks many."""
    if isinstance(font, FreeTypeFont) and isinstance(font.path, str):
        return text
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _sheet(worlds: list[World]) -> Image.Image:
    height, width = worlds[0].labels.shape
    gap, text = 8, 46
    rows = (len(worlds) + 1) // 2
    columns = min(2, len(worlds))
    sheet = Image.new(
        "RGB",
        (columns * (3 * width + 3 * gap) + gap, rows * (height + text + gap) + gap),
        "#202226",
    )
    draw = ImageDraw.Draw(sheet)
    font = _font()
    for number, world in enumerate(worlds):
        rng = np.random.default_rng(world.scene.seed)
        x = gap + (number % 2) * (3 * width + 3 * gap)
        y = gap + (number // 2) * (height + text + gap)
        sheet.paste(Image.fromarray(world.image), (x, y))
        sheet.paste(_colours(world.labels), (x + width + gap // 2, y))
        sheet.paste(_colours(hand_like(world.labels, rng)), (x + 2 * (width + gap // 2), y))
        english = caption(world.scene, world.labels, rng, "en")
        vietnamese = caption(world.scene, world.labels, rng, "vi")
        draw.text((x, y + height + 3), f"{world.scene.seed}: {english}", "#e0e0e0", font)
        draw.text((x, y + height + 22), _drawable(vietnamese, font), "#a8b0b8", font)
    return sheet
