"""Before and after of one picture: under one divider, or side by side at one zoom."""

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.contract.geometry import Size
from studio.contract.upscaling import Region
from studio.ui.canvas import overlay
from studio.ui.canvas.display import ZOOM_PER_NOTCH
from studio.ui.canvas.view import View
from studio.ui.upscale import compare_marks as marks
from studio.ui.upscale.layers import Layers, placed

VIEW_MODES = ("slider", "beside", "after", "before")

_SMALLEST_SEEN = 160
_BETWEEN = 2.0


class CompareDisplay(QWidget):
    """Shows the Layers of one file.

    ``empty_text`` is shown where there is nothing to show, ``note`` below a picture. ``split`` is
    the divider's place, 0 at the left edge of the picture and 1 at the right.
    ``splitChanged(split)`` follows it, ``zoomChanged(percent or None)`` the zoom.

    The view is that of one pane; side by side there are two, and both show the same place.
    """

    splitChanged = Signal(float)
    zoomChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Before and after"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 160)
        self.split = 0.5
        self.layers: Layers | None = None
        self.empty_text = ""
        self.note = ""
        self._view = View()
        self._mode = "slider"
        self._holding_before = False

    # What the window calls

    def set_layers(self, layers: Layers | None) -> None:
        """Show another file, or the same one anew."""
        self.layers = layers
        self._lay_out()

    def refresh(self, place: QRectF | None = None) -> None:
        """Draw what has changed in the layers: everything, or a place on the page."""
        if place is None or self.layers is None:
            self._lay_out()
            return
        rect = placed(place, self._view.page_rect(), self._view.zoom)
        for pane in self._panes():
            shown = rect.translated(pane.topLeft()).toAlignedRect()
            self.update(shown.adjusted(-2, -2, 2, 2))

    def set_mode(self, mode: str) -> None:
        """Take one of VIEW_MODES."""
        self._mode = mode
        self._lay_out()

    def set_split(self, split: float) -> None:
        """Move the divider; emits splitChanged when it really moved."""
        split = min(max(split, 0.0), 1.0)
        if split != self.split:
            self.split = split
            self.splitChanged.emit(split)
            self._describe()
            self.update()

    def middle_region(self, side: int) -> Region | None:
        """The ``side`` pixels of the given picture in the middle of what is seen."""
        if self.layers is None:
            return None
        page = self._view.page_rect()
        room = QRectF(QPointF(), self._view.room) & page
        middle = ((room if room.isValid() else page).center() - page.topLeft()) / self._view.zoom
        made, given = self.layers.made, self.layers.given
        width = min(side, given.width) * made.width / given.width
        height = min(side, given.height) * made.height / given.height
        left = min(max(middle.x() - width / 2, 0), made.width - width)
        top = min(max(middle.y() - height / 2, 0), made.height - height)
        return self.layers.given_region(QRectF(left, top, width, height))

    def look_at(self, region: Region) -> None:
        """Bring a region that is too small to judge to its actual size in the middle."""
        if self.layers is None:
            return
        place = self.layers.on_page(region)
        seen = placed(place, self._view.page_rect(), self._view.zoom)
        if max(seen.width(), seen.height()) < _SMALLEST_SEEN:
            self._view.zoom_about(seen.center(), 1 / self.devicePixelRatioF())
            seen = placed(place, self._view.page_rect(), self._view.zoom)
            self._view.pan(self._middle() - seen.center())
            self._view_changed()

    def fit(self) -> None:
        self._view.fit()
        self._view_changed()

    def zoomTo(self, percent: float) -> None:
        """Zoom about the middle; 100 is one pixel of the result on one screen pixel."""
        self._view.zoom_about(self._middle(), percent / 100 / self.devicePixelRatioF())
        self._view_changed()

    def zoomBy(self, notches: float) -> None:
        self._view.zoom_about(self._middle(), self._view.zoom * ZOOM_PER_NOTCH**notches)
        self._view_changed()

    def zoom(self) -> float:
        """Percent; 100 is one pixel of the result on one screen pixel."""
        return self._view.zoom * self.devicePixelRatioF() * 100

    @property
    def shows_divider(self) -> bool:
        """Whether there is something to compare and the divider is drawn."""
        compares = self.layers is not None and self.layers.comparable
        return compares and self._mode == "slider" and not self._holding_before

    @property
    def said(self) -> str:
        """What stands at the lower edge."""
        return self.note

    # Layout

    def _panes(self) -> list[QRectF]:
        """Where the page is seen: once, or twice side by side."""
        whole = QRectF(self.rect())
        if self._mode != "beside":
            return [whole]
        size = QSizeF(max(1.0, (whole.width() - _BETWEEN) / 2), whole.height())
        return [QRectF(QPointF(), size), QRectF(QPointF(size.width() + _BETWEEN, 0), size)]

    def _in_pane(self, position: QPointF) -> QPointF:
        """A place in the widget in the pane under it."""
        panes = self._panes()
        pane = next((p for p in reversed(panes) if position.x() >= p.left()), panes[0])
        return position - pane.topLeft()

    def _middle(self) -> QPointF:
        return QRectF(QPointF(), self._view.room).center()

    def _lay_out(self) -> None:
        size = self.layers.made if self.layers is not None else Size(1, 1)
        self._view.lay_out(size, 1, self._panes()[0].size())
        self._view_changed()

    def _view_changed(self) -> None:
        self._describe()
        self.zoomChanged.emit(self.zoom() if self.layers is not None else None)
        self.update()

    def _describe(self) -> None:
        if self.layers is None:
            self.setAccessibleDescription(self.empty_text)
            return
        text = self.tr("%s pixels at %d %%") % (self.layers.made, round(self.zoom()))
        if self.shows_divider:
            text += self.tr(", divider at %d %%") % round(self.split * 100)
        self.setAccessibleDescription(" ".join(filter(None, [text + ".", self.note])))

    def _split_x(self) -> float:
        page = self._view.page_rect()
        return page.left() + self.split * page.width()

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.palette().shadow())
        if self.layers is None:
            if self.empty_text:
                overlay.draw_message(painter, QRectF(self.rect()), self.empty_text, self)
        else:
            panes = self._panes()
            for index, pane in enumerate(panes):
                painter.save()
                painter.setClipRect(pane)
                painter.translate(pane.topLeft())
                self._draw_pane(painter, self.layers, after=index == 1, beside=len(panes) == 2)
                painter.restore()
            if note := self.said:
                marks.draw_note(painter, self, note)
        painter.end()

    def _draw_pane(self, painter: QPainter, layers: Layers, *, after: bool, beside: bool) -> None:
        page = self._view.page_rect()
        overlay.draw_checkerboard(painter, page)
        before = not after if beside else self._mode == "before" or self._holding_before
        if self.shows_divider:
            self._draw_halves(painter, layers, page)
        elif before:
            layers.draw_before(painter, page)
        else:
            layers.draw_after(painter, page, exact=not self._view.fitted)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if layers.region is not None and not self._holding_before:
            place = layers.on_page(layers.region)
            marks.draw_region(painter, placed(place, page, self._view.zoom))
        self.draw_over(painter)
        if self.shows_divider:
            marks.draw_divider(painter, self, page, self._split_x())
        self._draw_labels(painter, layers, before=before, beside=beside)

    def _draw_halves(self, painter: QPainter, layers: Layers, page: QRectF) -> None:
        x = self._split_x()
        painter.save()
        painter.setClipRect(QRectF(page.left(), page.top(), x - page.left(), page.height()))
        layers.draw_before(painter, page)
        painter.restore()
        painter.save()
        painter.setClipRect(QRectF(x, page.top(), page.right() - x, page.height()))
        layers.draw_after(painter, page, exact=not self._view.fitted)
        painter.restore()

    def _draw_labels(
        self, painter: QPainter, layers: Layers, *, before: bool, beside: bool
    ) -> None:
        if not layers.comparable:
            return
        names = self.tr("Before"), self.tr("After")
        seen = QRectF(QPointF(), self._view.room) & self._view.page_rect()
        if self.shows_divider:
            x = self._split_x()
            left = QRectF(seen.topLeft(), QPointF(x, seen.bottom()))
            right = QRectF(QPointF(x, seen.top()), seen.bottomRight())
            marks.draw_label(painter, self, left, names[0], right=False)
            marks.draw_label(painter, self, right, names[1], right=True)
        else:
            name = names[0] if before else names[1]
            marks.draw_label(painter, self, seen, name, right=beside and not before)

    def draw_over(self, painter: QPainter) -> None:
        """What lies over a pane; a display alone has nothing."""
