"""What the canvas shows: the document's map and picture, and the pictures of a running job."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.contract.request import GenerateRequest
from studio.document.document import Change, Document
from studio.document.painted import Painted
from studio.ui.canvas import overlay
from studio.ui.canvas.fade import FadingPicture, motion_reduced
from studio.ui.canvas.layers import MASK_COLOURS, MapLayer, Picture
from studio.ui.canvas.view import View
from studio.ui.paint_state import PaintState

VIEW_MODES = ("clean", "noisy", "both", "result")
WHILE_PAINTING = 0.65
"""How strongly the map covers the picture at least while a person paints."""

ZOOM_PER_NOTCH = 1.2
_MASK_OPACITY = 0.55


class Display(QWidget):
    """Shows a document and the pictures of a running job, at any zoom.

    ``zoomChanged(percent)``: 100 is one map pixel on one screen pixel.
    """

    zoomChanged = Signal(float)

    def __init__(
        self, document: Document, state: PaintState | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Canvas"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 160)
        self.state = state or PaintState(self)
        self._view = View()
        self._mode = "clean"
        self._reduced = motion_reduced()
        self._left = FadingPicture(self.update, self)
        self._right = FadingPicture(self.update, self)
        self._preview: tuple[np.ndarray, np.ndarray] | None = None
        self._document = document
        self._masking = False
        self._follow(document)
        self._lay_out()
        self._choose_pictures(soft=False)
        self.state.map_opacity_changed.connect(self.update)

    # What the shell calls

    @property
    def document(self) -> Document:
        return self._document

    def setDocument(self, document: Document) -> None:
        """Show and paint another document."""
        self._document.ignore(self._changed)
        self._document.mask.ignore(self._mask_changed)
        self._document = document
        self._follow(document)
        self._lay_out()
        self._choose_pictures(soft=False)

    @property
    def layer(self) -> Painted:
        """What is painted on: the map, or the mask of the source."""
        return self._document.mask if self.masking else self._document

    @property
    def masking(self) -> bool:
        """Whether the source and its mask are shown instead of the map."""
        return self._masking and self._document.source is not None

    def setMasking(self, masking: bool) -> None:
        """Show and paint the mask of the source picture, where there is one, instead of the map."""
        if masking != self._masking:
            self._masking = masking
            self._lay_out()
            self.update()

    def _follow(self, document: Document) -> None:
        document.listen(self._changed)
        document.mask.listen(self._mask_changed)
        self._map = MapLayer(document.labels)
        self._mask = MapLayer(document.mask.labels, MASK_COLOURS)
        self._source = None if document.source is None else Picture(document.source)

    def setPreview(self, noisy: np.ndarray, clean: np.ndarray) -> None:
        """Show the newest pictures of a running job: uint8 [h, w, 3] of x_t and x_0."""
        self._preview = (noisy, clean)
        self._choose_pictures(soft=not self._reduced)

    def clearPreview(self) -> None:
        """The job is over: show the document's picture again."""
        self._preview = None
        self._choose_pictures(soft=not self._reduced)

    def setResult(self, pixels: np.ndarray, request: GenerateRequest | None = None) -> None:
        """Put a result uint8 [h, w, 3] into the document, made by ``request``."""
        self._document.set_result(pixels, request or self._document.request or GenerateRequest())

    def setViewMode(self, mode: str) -> None:
        """Show "clean" or "noisy" previews while a job runs, else the result; "both": noisy beside
        clean while a job runs, else the map beside the result; "result": never a preview."""
        if mode not in VIEW_MODES:
            raise ValueError(f"There is no view “{mode}”.")
        self._mode = mode
        self._lay_out()
        self._choose_pictures(soft=False)

    def viewMode(self) -> str:
        return self._mode

    def setMapOpacity(self, opacity: float) -> None:
        """0 shows the picture alone, 1 the map alone."""
        self.state.set_map_opacity(opacity)

    def setReducedMotion(self, reduced: bool) -> None:
        """Whether previews follow each other without a fade."""
        self._reduced = reduced
        if reduced:
            self._left.stop()
            self._right.stop()

    def fit(self) -> None:
        """Show the whole page and keep doing so when the widget's size changes."""
        self._view.fit()
        self._view_changed()

    def zoomTo(self, percent: float) -> None:
        """Zoom about the middle; 100 is one map pixel on one screen pixel."""
        middle = QPointF(self.rect().center())
        self._view.zoom_about(middle, percent / 100 / self.devicePixelRatioF())
        self._view_changed()

    def zoomBy(self, notches: float) -> None:
        """Zoom about the middle by notches of the wheel."""
        middle = QPointF(self.rect().center())
        self._view.zoom_about(middle, self._view.zoom * ZOOM_PER_NOTCH**notches)
        self._view_changed()

    def zoom(self) -> float:
        """Percent; 100 is one map pixel on one screen pixel."""
        return self._view.zoom * self.devicePixelRatioF() * 100

    # What changes

    def _changed(self, change: Change) -> None:
        if change.replaced:
            self._map = MapLayer(self._document.labels)
            self._lay_out()
            self.update()
        elif change.region:
            self._map.refresh(self._document.labels, change.region)
            for index in range(self._view.pages):
                self.update(self._view.region_rect(change.region, index))
        if change.source:
            source = self._document.source
            self._source = None if source is None else Picture(source)
            self._lay_out()
            if source is not None and not change.picture:
                self.state.set_map_opacity(1.0)
        if change.picture:
            self._choose_pictures(soft=not self._reduced)
            if self._document.picture is not None:
                self.state.set_map_opacity(0.0)

    def _mask_changed(self, change: Change) -> None:
        if change.replaced:
            self._mask = MapLayer(self._document.mask.labels, MASK_COLOURS)
            self.update()
        elif change.region and self.masking:
            self._mask.refresh(self._document.mask.labels, change.region)
            for index in range(self._view.pages):
                self.update(self._view.region_rect(change.region, index))

    def _choose_pictures(self, *, soft: bool) -> None:
        """Which picture each page shows."""
        result = self._document.picture
        if self._preview is None or self._mode == "result":
            left, right = result, result
        else:
            noisy, clean = self._preview
            left, right = (clean if self._mode == "clean" else noisy), clean
        self._left.show(left, soft=soft)
        self._right.show(right if self._mode == "both" else None, soft=soft)
        self.update()

    def _lay_out(self) -> None:
        pages = 2 if self._mode == "both" else 1
        self._view.lay_out(self.layer.size, pages, QSizeF(self.size()))
        self._view_changed()

    def _view_changed(self) -> None:
        percent = self.zoom()
        size = self.layer.size
        self.setAccessibleDescription(self.tr("%s pixels at %d %%") % (size, round(percent)))
        self.zoomChanged.emit(percent)
        self.update()

    # Drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.palette().shadow())
        previewing = self._preview is not None and self._mode != "result"
        for index in range(self._view.pages):
            page = self._view.page_rect(index)
            overlay.draw_checkerboard(painter, page)
            picture = self._right if index else self._left
            beside = self._view.pages == 2 and not previewing
            if not (beside and index == 0):
                picture.draw(painter, page, exact=not self._view.fitted)
            opacity = self._map_opacity(index, previewing=previewing, has_picture=bool(picture))
            if opacity > 0:
                self._draw_layer(painter, page, opacity)
        if not previewing and self._is_empty:
            overlay.draw_message(painter, self._view.page_rect(), self._empty_text(), self)
        if not previewing and self._view.pages == 2 and self._document.picture is None:
            wanted = self.tr("The picture appears here.")
            overlay.draw_message(painter, self._view.page_rect(1), wanted, self)
        self.draw_over(painter)
        painter.end()

    @property
    def _is_empty(self) -> bool:
        document = self._document
        return not self.masking and document.picture is None and document.is_blank

    def _draw_layer(self, painter: QPainter, page: QRectF, opacity: float) -> None:
        """The map, or the source under its mask."""
        if not self.masking or self._source is None:
            self._map.draw(painter, page, opacity)
            return
        painter.save()
        painter.setOpacity(opacity)
        self._source.draw(painter, page, exact=not self._view.fitted)
        painter.restore()
        self._mask.draw(painter, page, _MASK_OPACITY * opacity)

    def _map_opacity(self, index: int, *, previewing: bool, has_picture: bool) -> float:
        if self._view.pages == 2 and not previewing:
            return float(index == 0)
        if previewing:
            return WHILE_PAINTING if self.layer.painting else 0.0
        return self.state.map_opacity if has_picture else 1.0

    def draw_over(self, painter: QPainter) -> None:
        """What lies over the pictures; a display alone has nothing."""

    def _empty_text(self) -> str:
        return self.tr("Pick a material and paint here,\nchoose an example, or drop a picture.")

    def closeEvent(self, event: QCloseEvent) -> None:
        self._left.stop()
        self._right.stop()
        super().closeEvent(event)
