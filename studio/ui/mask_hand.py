"""What the painting tools put down on a mask."""

from studio.document.mask import REPAINT
from studio.ui.paint_state import PaintState

MASK_TOOLS = ("brush", "eraser", "line", "polygon", "fill")
"""The tools that make sense on a mask; any other paints like the first."""


class MaskHand:
    """The brush of the painting panel with the one label that a mask has."""

    material = REPAINT

    def __init__(self, state: PaintState) -> None:
        self._state = state

    @property
    def brush_size(self) -> int:
        """The brush's diameter in pixels of the source."""
        return self._state.brush_size

    def set_material(self, label: int) -> None:
        """A mask has one label only."""
