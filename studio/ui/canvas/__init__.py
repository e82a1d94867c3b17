"""The canvas: the map, the pictures and the live previews, and the pointer on them."""

from studio.ui.canvas.canvas import VIEW_MODES, Canvas

__all__ = ["VIEW_MODES", "Canvas"]
