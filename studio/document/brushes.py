"""The tools a person paints with, in the order of the panel."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BrushRow:
    """A tool's key (also its icon's name), title, shortcut, and what it does in one sentence.

    ``sized`` tools use the brush size; ``labelled`` ones put down the current material.
    """

    key: str
    title: str
    shortcut: str
    hint: str
    sized: bool = False
    labelled: bool = True


BRUSHES: tuple[BrushRow, ...] = (
    BrushRow(
        key="brush",
        title="Brush",
        shortcut="B",
        hint="Drag to paint; pen pressure sets the size.",
        sized=True,
    ),
    BrushRow(
        key="eraser",
        title="Eraser",
        shortcut="E",
        hint="Drag to clear the map.",
        sized=True,
        labelled=False,
    ),
    BrushRow(
        key="line",
        title="Line",
        shortcut="U",
        hint="Drag a straight line; Shift keeps to 45°.",
        sized=True,
    ),
    BrushRow(
        key="polygon",
        title="Polygon",
        shortcut="Shift+U",
        hint="Click corners; Enter fills, Esc drops it.",
    ),
    BrushRow(
        key="fill",
        title="Fill",
        shortcut="G",
        hint="Click to fill a connected area.",
    ),
    BrushRow(
        key="picker",
        title="Material picker",
        shortcut="I",
        hint="Click to take the material found there.",
        labelled=False,
    ),
    BrushRow(
        key="swap",
        title="Replace material",
        shortcut="R",
        hint="Click a material to replace it everywhere.",
    ),
)

BRUSH_BY_KEY: dict[str, BrushRow] = {row.key: row for row in BRUSHES}

SMALLEST_BRUSH = 1
LARGEST_BRUSH = 512
DEFAULT_BRUSH = 40


def sized_by_pressure(size: float, pressure: float) -> float:
    """Diameter of a brush under a pen: a fifth of ``size`` when barely touching, all when firm."""
    return max(float(SMALLEST_BRUSH), size * (0.2 + 0.8 * min(max(pressure, 0.0), 1.0)))


def stepped(size: int, direction: int) -> int:
    """The size after a press of [ (``direction`` -1) or ] (+1): a fifth less or more."""
    step = max(1, round(size * 0.2))
    return min(max(size + direction * step, SMALLEST_BRUSH), LARGEST_BRUSH)
