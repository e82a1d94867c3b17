"""The canvas: the map, the pictures and the live previews, and the pointer on them."""

from studio.ui.canvas.canvas import Canvas
from studio.ui.canvas.display import VIEW_MODES

__all__ = ["VIEW_MODES", "Canvas"]
