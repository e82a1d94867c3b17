"""Pictures that people make: lettering and line art."""

import sys
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.training.upscaling.colours import Rng, palette, ramp, texture

_FOLDERS = {
    "linux": ("/usr/share/fonts", "/usr/local/share/fonts"),
    "darwin": ("/System/Library/Fonts", "/Library/Fonts"),
    "win32": ("C:/Windows/Fonts",),
}
_SYMBOLS = {"dings", "symbol", "d050000l", "standardsymbols", "emoji", "icon", "math"}
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?-+=()/&%€"
_FINER = 2


@cache
def _font_files() -> tuple[str, ...]:
    """Letters' fonts of this computer, at most 200; PIL's own is always among the choice."""
    files = [
        path
        for folder in _FOLDERS.get(sys.platform, ())
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf")
        and not any(word in path.name.lower() for word in _SYMBOLS)
    ]
    return tuple(map(str, files[:200]))


def _font(rng: Rng, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    files = _font_files()
    if files and rng.random() < 0.9:
        return ImageFont.truetype(files[rng.integers(len(files))], size)
    return ImageFont.load_default(size)


def _word(rng: Rng) -> str:
    letters = rng.choice(list(_LETTERS[:26]), rng.integers(1, 10))
    word = "".join(letters)
    match rng.integers(5):
        case 0:
            return word.upper()
        case 1:
            return word.capitalize()
        case 2:
            return "".join(rng.choice(list(_LETTERS), rng.integers(1, 8)))
    return word


def _ground(rng: Rng, side: int, colour: np.ndarray) -> Image.Image:
    """A page: plain, or with a gradient or a faint texture."""
    page = np.broadcast_to(colour, (side, side, 3)).copy()
    kind = rng.random()
    if kind < 0.25:
        page += ramp(rng, side)[..., None] * rng.uniform(0.02, 0.2)
    elif kind < 0.4:
        page += texture(rng, side)[..., None] * rng.uniform(0.01, 0.06)
    return Image.fromarray((page.clip(0, 1) * 255).round().astype(np.uint8))


def _pair(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Colours of ground and ink that can be told apart."""
    if rng.random() < 0.5:
        dark, light = rng.uniform(0, 0.25, 3), rng.uniform(0.8, 1, 3)
        pair = (light, dark) if rng.random() < 0.75 else (dark, light)
    else:
        one, other = palette(rng, 2)
        if abs(one.mean() - other.mean()) < 0.25:
            other = 1 - one
        pair = one, other
    return pair[0].astype(np.float32), pair[1].astype(np.float32)


def _ink(colour: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (np.clip(colour, 0, 1) * 255).round().astype(int)
    return int(red), int(green), int(blue)


def _smaller(picture: Image.Image, side: int) -> np.ndarray:
    if picture.width != side:
        picture = picture.resize((side, side), Image.Resampling.BOX)
    return np.asarray(picture)


def lettering(rng: Rng, side: int) -> np.ndarray:
    """uint8 [side, side, 3]: lines of invented words in the fonts of this computer."""
    large = side * (_FINER if rng.random() < 0.5 else 1)
    ground, ink = _pair(rng)
    picture = _ground(rng, large, ground)
    draw = ImageDraw.Draw(picture)
    top = rng.uniform(-20, 20)
    while top < large:
        size = float(np.exp(rng.uniform(np.log(9), np.log(64)))) * large / side
        font = _font(rng, size)
        left = rng.uniform(-size, size)
        colour = ink if rng.random() < 0.8 else palette(rng, 1)[0]
        for _ in range(rng.integers(1, 4)):
            line = ""
            while draw.textlength(line, font) < large:
                line += _word(rng) + " "
            draw.text((left, top), line, fill=_ink(colour), font=font)
            top += size * rng.uniform(1.0, 1.5)
    if rng.random() < 0.25:
        picture = picture.rotate(
            rng.uniform(-30, 30), Image.Resampling.BICUBIC, fillcolor=_ink(ground)
        )
    return _smaller(picture, side)


def line_art(rng: Rng, side: int) -> np.ndarray:
    """uint8 [side, side, 3]: strokes, hatching, outlines and filled shapes."""
    large = side * _FINER
    ground, ink = _pair(rng)
    picture = _ground(rng, large, ground)
    draw = ImageDraw.Draw(picture)
    colours = [ink, *palette(rng, 5)] if rng.random() < 0.5 else [ink]
    for _ in range(rng.integers(6, 40)):
        colour = _ink(colours[rng.integers(len(colours))])
        width = int(np.exp(rng.uniform(np.log(1), np.log(14))))
        _STROKES[rng.integers(len(_STROKES))](draw, rng, large, colour, width)
    return _smaller(picture, side)


def _curve(draw: ImageDraw.ImageDraw, rng: Rng, large: int, colour: tuple, width: int) -> None:
    points = rng.uniform(-0.1, 1.1, (4, 2)) * large
    t = np.linspace(0, 1, 40)[:, None]
    a, b, c, d = points
    line = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    draw.line([tuple(point) for point in line], fill=colour, width=width, joint="curve")


def _straight(draw: ImageDraw.ImageDraw, rng: Rng, large: int, colour: tuple, width: int) -> None:
    points = rng.uniform(0, large, (rng.integers(2, 5), 2))
    draw.line([tuple(point) for point in points], fill=colour, width=width)


def _round(draw: ImageDraw.ImageDraw, rng: Rng, large: int, colour: tuple, width: int) -> None:
    cx, cy = rng.uniform(0, large, 2)
    rx, ry = np.exp(rng.uniform(np.log(4), np.log(large / 3), 2))
    box = (cx - rx, cy - ry, cx + rx, cy + ry)
    if rng.random() < 0.3:
        draw.ellipse(box, fill=colour)
    else:
        draw.ellipse(box, outline=colour, width=width)


def _cornered(draw: ImageDraw.ImageDraw, rng: Rng, large: int, colour: tuple, width: int) -> None:
    x, y = np.sort(rng.uniform(-0.1, 1.1, (2, 2)) * large, axis=1)
    if rng.random() < 0.3:
        draw.rectangle((x[0], y[0], x[1], y[1]), fill=colour)
    else:
        draw.rectangle((x[0], y[0], x[1], y[1]), outline=colour, width=width)


def _hatching(draw: ImageDraw.ImageDraw, rng: Rng, large: int, colour: tuple, width: int) -> None:
    cx, cy = rng.uniform(0, large, 2)
    reach = rng.uniform(0.1, 0.4) * large
    angle = rng.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)]) * reach
    gap = max(rng.uniform(4, 24), 2.0 * width)
    across = np.array([-np.sin(angle), np.cos(angle)])
    for step in np.arange(-reach, reach, gap):
        middle = np.array([cx, cy]) + across * step
        ends = [tuple(middle - along), tuple(middle + along)]
        draw.line(ends, fill=colour, width=min(width, 6))


_STROKES = (_curve, _curve, _straight, _round, _cornered, _hatching)
