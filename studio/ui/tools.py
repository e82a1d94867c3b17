"""What each painting tool does with the pointer; one class per row of BRUSHES."""

import math
from dataclasses import dataclass
from typing import Protocol

from studio.contract.materials import UNLABELLED
from studio.document import painting
from studio.document.brushes import sized_by_pressure
from studio.document.painted import Painted
from studio.document.painting import Dab, Point

_SNAP = 8.0
_FEWEST_CORNERS = 3


@dataclass(frozen=True, kw_only=True)
class Touch:
    """The pointer on the map: position in map pixels, pen pressure 0..1 (1 for a mouse).

    ``grain`` is the size of a screen pixel in map pixels; ``straight`` asks for lines at multiples
    of 45 degrees.
    """

    x: float
    y: float
    pressure: float = 1.0
    grain: float = 1.0
    straight: bool = False

    @property
    def point(self) -> Point:
        return self.x, self.y


@dataclass(frozen=True)
class Sketch:
    """What a tool would paint if it were finished now: a path and its width in map pixels."""

    points: tuple[Point, ...] = ()
    width: float = 0.0
    closed: bool = False


NOTHING = Sketch()


class Hand(Protocol):
    """What a tool needs to know of the person's choices."""

    @property
    def material(self) -> int:
        """The label that is put down."""

    @property
    def brush_size(self) -> int:
        """The brush's diameter in pixels of the layer."""

    def set_material(self, label: int) -> None:
        """Put down another label from now on."""


class Tool:
    """A tool at rest; the canvas passes it the pointer and keys while it is the current one."""

    def __init__(self, document: Painted, state: Hand) -> None:
        self.document = document
        self.state = state

    def press(self, touch: Touch) -> None:
        """The button went down."""

    def move(self, touch: Touch) -> None:
        """The pointer moved with the button down."""

    def release(self, touch: Touch) -> None:
        """The button went up."""

    def hover(self, touch: Touch) -> None:
        """The pointer moved with the button up."""

    def finish(self) -> bool:
        """Enter or a double click; True if that meant something."""
        return False

    def step_back(self) -> bool:
        """Backspace; True if that meant something."""
        return False

    def cancel(self) -> bool:
        """Esc, or another tool was taken; True if something was given up."""
        return False

    def sketch(self) -> Sketch:
        """What to draw over the map meanwhile."""
        return NOTHING


class BrushTool(Tool):
    """Paints the current material along the pointer's way."""

    _last: Dab | None = None

    def label(self) -> int:
        """What the brush puts down."""
        return self.state.material

    def press(self, touch: Touch) -> None:
        self.document.begin()
        self._last = self._dab(touch)
        self._drag(self._last)

    def move(self, touch: Touch) -> None:
        self._drag(self._dab(touch))

    def release(self, touch: Touch) -> None:
        if self._last is not None:
            self.document.commit()
            self._last = None

    def cancel(self) -> bool:
        if self._last is None:
            return False
        self.document.abandon()
        self._last = None
        return True

    def _dab(self, touch: Touch) -> Dab:
        return Dab(touch.x, touch.y, sized_by_pressure(self.state.brush_size, touch.pressure))

    def _drag(self, dab: Dab) -> None:
        if self._last is None:
            return
        if not self.document.painting:  # a result arrived and ended the edit; the hand goes on
            self.document.begin()
        labels = self.document.labels
        self.document.touch(painting.paint_segment(labels, self._last, dab, self.label()))
        self._last = dab


class EraserTool(BrushTool):
    """Leaves unlabelled pixels along the pointer's way."""

    def label(self) -> int:
        return UNLABELLED


class LineTool(Tool):
    """A straight line from where the button goes down to where it goes up."""

    _start: Point | None = None
    _end: Point = (0.0, 0.0)

    def press(self, touch: Touch) -> None:
        self._start = self._end = touch.point

    def move(self, touch: Touch) -> None:
        if self._start is not None:
            self._end = _straightened(self._start, touch.point) if touch.straight else touch.point

    def release(self, touch: Touch) -> None:
        if self._start is None:
            return
        self.move(touch)
        start, end, size, label = self._start, self._end, self.state.brush_size, self.state.material
        self._start = None
        self.document.paint(lambda labels: painting.paint_line(labels, start, end, size, label))

    def cancel(self) -> bool:
        was_drawing, self._start = self._start is not None, None
        return was_drawing

    def sketch(self) -> Sketch:
        if self._start is None:
            return NOTHING
        return Sketch((self._start, self._end), self.state.brush_size)


class PolygonTool(Tool):
    """Each click is a corner; Enter, a double click or a click on the first corner fills it."""

    def __init__(self, document: Painted, state: Hand) -> None:
        super().__init__(document, state)
        self._corners: list[Point] = []
        self._pointer: Point | None = None

    def press(self, touch: Touch) -> None:
        corner = touch.point
        if touch.straight and self._corners:
            corner = _straightened(self._corners[-1], corner)
        reach = _SNAP * touch.grain
        if len(self._corners) >= _FEWEST_CORNERS and math.dist(corner, self._corners[0]) <= reach:
            self.finish()
        elif not self._corners or corner != self._corners[-1]:
            self._corners.append(corner)
            self._pointer = None

    def move(self, touch: Touch) -> None:
        self.hover(touch)

    def hover(self, touch: Touch) -> None:
        self._pointer = touch.point
        if touch.straight and self._corners:
            self._pointer = _straightened(self._corners[-1], touch.point)

    def finish(self) -> bool:
        if len(self._corners) < _FEWEST_CORNERS:
            return False
        corners, label = tuple(self._corners), self.state.material
        self.cancel()
        self.document.paint(lambda labels: painting.fill_polygon(labels, corners, label))
        return True

    def step_back(self) -> bool:
        if not self._corners:
            return False
        self._corners.pop()
        return True

    def cancel(self) -> bool:
        was_drawing = bool(self._corners)
        self._corners = []
        self._pointer = None
        return was_drawing

    def sketch(self) -> Sketch:
        if not self._corners:
            return NOTHING
        pointer = () if self._pointer is None else (self._pointer,)
        return Sketch((*self._corners, *pointer), closed=True)


class FillTool(Tool):
    """Fills the connected area under the pointer."""

    def press(self, touch: Touch) -> None:
        label = self.state.material
        self.document.paint(lambda labels: painting.flood_fill(labels, touch.x, touch.y, label))


class PickerTool(Tool):
    """Takes the material under the pointer."""

    def press(self, touch: Touch) -> None:
        label = painting.pick(self.document.labels, touch.x, touch.y)
        if label is not None:
            self.state.set_material(label)

    def move(self, touch: Touch) -> None:
        self.press(touch)


class SwapTool(Tool):
    """Turns the material under the pointer into the current one, everywhere."""

    def press(self, touch: Touch) -> None:
        label = painting.pick(self.document.labels, touch.x, touch.y)
        if label is not None:
            self.document.replace_material(label, self.state.material)


def _straightened(start: Point, end: Point) -> Point:
    """``end`` moved to the nearest multiple of 45 degrees around ``start``."""
    angle = round(math.atan2(end[1] - start[1], end[0] - start[0]) / (math.pi / 4)) * math.pi / 4
    length = (end[0] - start[0]) * math.cos(angle) + (end[1] - start[1]) * math.sin(angle)
    return start[0] + length * math.cos(angle), start[1] + length * math.sin(angle)


TOOLS: dict[str, type[Tool]] = {
    "brush": BrushTool,
    "eraser": EraserTool,
    "line": LineTool,
    "polygon": PolygonTool,
    "fill": FillTool,
    "picker": PickerTool,
    "swap": SwapTool,
}
