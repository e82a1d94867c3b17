"""What the comparison shows of one file: the picture as it was, and what has been made of it."""

from dataclasses import dataclass, field

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QRegion

from studio.contract.geometry import Size
from studio.contract.upscaling import Region
from studio.ui.upscale.sheet import Sheet


@dataclass(eq=False)
class Layers:
    """``given`` is the picture's size, ``made`` that of its result, whose pixels are the page.

    ``before`` is ``rough`` while only a thumbnail stands for it; ``icc`` says what the pixels'
    colours mean. ``before`` and ``after`` cover the whole page; ``tiles`` are the places on it
    that a result in work has reached. ``part`` is a ``region`` that was only looked at.
    """

    given: Size
    made: Size
    before: Sheet | None = None
    after: Sheet | None = None
    rough: bool = False
    icc: bytes | None = field(default=None, repr=False)
    finished: bool = False
    tiles: list[QRectF] = field(default_factory=list)
    region: Region | None = None
    part: Sheet | None = None

    @property
    def comparable(self) -> bool:
        """Whether there is something whole to compare with the picture as it was."""
        return self.finished or self.part is not None

    def on_page(self, region: Region) -> QRectF:
        """A region of the given picture in pixels of the result."""
        across, down = self.made.width / self.given.width, self.made.height / self.given.height
        return QRectF(
            region.left * across, region.top * down, region.width * across, region.height * down
        )

    def given_region(self, place: QRectF) -> Region:
        """The pixels of the given picture under a place on the page, at least one."""
        across, down = self.given.width / self.made.width, self.given.height / self.made.height
        left = min(max(round(place.left() * across), 0), self.given.width - 1)
        top = min(max(round(place.top() * down), 0), self.given.height - 1)
        right = min(max(round(place.right() * across), left + 1), self.given.width)
        bottom = min(max(round(place.bottom() * down), top + 1), self.given.height)
        return Region(left=left, top=top, width=right - left, height=bottom - top)

    def draw_before(self, painter: QPainter, page: QRectF) -> None:
        if self.before is not None:
            self.before.draw(painter, page, smooth=True)

    def draw_after(self, painter: QPainter, page: QRectF, *, exact: bool) -> None:
        """The result, and the picture as it was where nothing has been made yet."""
        scale = page.width() / self.made.width
        if not self.finished:
            self._draw_rest(painter, page, scale)
        if self.after is not None:
            self.after.draw(painter, page, smooth=not exact)
        if self.part is not None and self.region is not None:
            self.part.draw(
                painter, placed(self.on_page(self.region), page, scale), smooth=not exact
            )

    def _draw_rest(self, painter: QPainter, page: QRectF, scale: float) -> None:
        covered = QRegion()
        places = list(self.tiles)
        if self.part is not None and self.region is not None:
            places.append(self.on_page(self.region))
        for place in places:
            covered += QRegion(placed(place, page, scale).toRect())
        painter.save()
        if not covered.isEmpty():
            rest = QRegion(page.toAlignedRect()) - covered
            if painter.hasClipping():
                rest &= painter.clipRegion()
            painter.setClipRegion(rest)
        self.draw_before(painter, page)
        painter.restore()


def placed(place: QRectF, page: QRectF, scale: float) -> QRectF:
    """A place in pixels of the result in the widget."""
    return QRectF(page.topLeft() + place.topLeft() * scale, place.size() * scale)
