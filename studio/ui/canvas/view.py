"""Where the page lies in the widget: zoom, position, and the way between the two."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF

from studio.contract.geometry import Size
from studio.document.region import Region

SMALLEST_ZOOM = 0.02
LARGEST_ZOOM = 64.0
GAP = 16.0
_MARGIN = 24.0


class View:
    """One page of ``page`` map pixels, or two side by side, seen through a widget.

    ``zoom`` is logical screen pixels per map pixel; ``origin`` is the left page's top left corner
    in the widget. While ``fitted`` the page follows the widget's size.
    """

    def __init__(self) -> None:
        self.page = Size(1, 1)
        self.pages = 1
        self.room = QSizeF(1, 1)
        self.zoom = 1.0
        self.origin = QPointF(0, 0)
        self.fitted = True

    def lay_out(self, page: Size, pages: int, room: QSizeF) -> None:
        """Take a new page size, number of pages or widget size, keeping what is in the middle."""
        page_changed = (page, pages) != (self.page, self.pages)
        shift = QPointF(
            (room.width() - self.room.width()) / 2, (room.height() - self.room.height()) / 2
        )
        self.page, self.pages, self.room = page, pages, room
        if self.fitted or page_changed:
            self.fit()
        else:
            self.origin += shift
            self._keep_in_sight()

    def fit(self) -> None:
        """Show everything, as large as it goes."""
        wide = max(1.0, self.room.width() - 2 * _MARGIN - (self.pages - 1) * GAP)
        high = max(1.0, self.room.height() - 2 * _MARGIN)
        zoom = min(wide / (self.pages * self.page.width), high / self.page.height)
        self.zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
        self.origin = QPointF(
            round((self.room.width() - self._width()) / 2),
            round((self.room.height() - self.page.height * self.zoom) / 2),
        )
        self.fitted = True

    def zoom_about(self, point: QPointF, zoom: float) -> None:
        """Set the zoom; what lies under ``point`` stays there."""
        zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
        factor = zoom / self.zoom
        self.origin = point + (self.origin - point) * factor
        self.zoom = zoom
        self.fitted = False
        self._keep_in_sight()

    def pan(self, way: QPointF) -> None:
        """Move the page."""
        self.origin += way
        self.fitted = False
        self._keep_in_sight()

    def page_rect(self, index: int = 0) -> QRectF:
        """The page, or the second of two, in the widget."""
        width = self.page.width * self.zoom
        left = self.origin.x() + index * (width + GAP)
        return QRectF(left, self.origin.y(), width, self.page.height * self.zoom)

    def to_page(self, point: QPointF) -> QPointF:
        """A place in the widget in map pixels; the second page shows the same map pixels."""
        second = self.page_rect(1)
        near_second = self.pages == 2 and point.x() >= second.left() - GAP / 2
        page = second if near_second else self.page_rect()
        return (point - page.topLeft()) / self.zoom

    def to_widget(self, x: float, y: float, index: int = 0) -> QPointF:
        """A place in map pixels in the widget."""
        return self.page_rect(index).topLeft() + QPointF(x, y) * self.zoom

    def region_rect(self, region: Region, index: int = 0) -> QRect:
        """A region of the map in whole widget pixels, with room for smoothing."""
        top_left = self.to_widget(region.left, region.top, index)
        bottom_right = self.to_widget(region.right, region.bottom, index)
        margin = max(2, int(self.zoom) + 1)
        return (
            QRectF(top_left, bottom_right)
            .toAlignedRect()
            .adjusted(-margin, -margin, margin, margin)
        )

    def _width(self) -> float:
        return self.pages * self.page.width * self.zoom + (self.pages - 1) * GAP

    def _keep_in_sight(self) -> None:
        """Leave at least a strip of the page inside the widget."""
        strip = 2 * _MARGIN
        width, height = self._width(), self.page.height * self.zoom
        self.origin = QPointF(
            min(max(self.origin.x(), strip - width), self.room.width() - strip),
            min(max(self.origin.y(), strip - height), self.room.height() - strip),
        )
