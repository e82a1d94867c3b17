"""What a person paints with right now: shared by the panel, the canvas and the shortcuts."""

from PySide6.QtCore import QObject, Signal

from studio.contract.materials import BY_KEY, LABEL_BY_ID
from studio.document.brushes import (
    BRUSH_BY_KEY,
    DEFAULT_BRUSH,
    LARGEST_BRUSH,
    SMALLEST_BRUSH,
    stepped,
)


class PaintState(QObject):
    """Current tool, material, brush size in map pixels, and how strongly the map covers the
    picture (0..1). Every signal follows a real change only."""

    tool_changed = Signal(str)
    material_changed = Signal(int)
    brush_size_changed = Signal(int)
    map_opacity_changed = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool = "brush"
        self.material = BY_KEY["mountain"].id
        self.previous_material = BY_KEY["sky"].id
        self.brush_size = DEFAULT_BRUSH
        self.map_opacity = 1.0

    def set_tool(self, key: str) -> None:
        """Take a tool of BRUSHES; KeyError if there is none of that key."""
        key = BRUSH_BY_KEY[key].key
        if key != self.tool:
            self.tool = key
            self.tool_changed.emit(key)

    def set_material(self, label: int) -> None:
        """Paint with a material from now on; a label that is no material is passed over."""
        if label in LABEL_BY_ID and label != self.material:
            self.previous_material, self.material = self.material, label
            self.material_changed.emit(label)

    def swap_materials(self) -> None:
        """Go back to the material used before."""
        self.set_material(self.previous_material)

    def set_brush_size(self, size: int) -> None:
        """Diameter in map pixels, brought into range."""
        size = min(max(size, SMALLEST_BRUSH), LARGEST_BRUSH)
        if size != self.brush_size:
            self.brush_size = size
            self.brush_size_changed.emit(size)

    def step_brush(self, direction: int) -> None:
        """A little smaller (-1) or larger (+1)."""
        self.set_brush_size(stepped(self.brush_size, direction))

    def set_map_opacity(self, opacity: float) -> None:
        """0 shows the picture alone, 1 the map alone."""
        opacity = min(max(opacity, 0.0), 1.0)
        if opacity != self.map_opacity:
            self.map_opacity = opacity
            self.map_opacity_changed.emit(opacity)
