"""The materials as small samples that can be found by name, number or eye."""

import unicodedata

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFont,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QWidget

from studio.contract.materials import BY_KEY, Material
from studio.contract.places import RESOURCES
from studio.ui.material_names import called
from studio.ui.paint_state import PaintState
from studio.ui.theme import CAPTION_PX

COLUMNS = 5
WIDTH, HEIGHT = 55, 52
ORDER = (
    *("sky", "clouds", "mountain", "hill", "water"),
    *("tree", "grass", "sand", "snow", "rock"),
    *("sea", "river", "bush", "flower", "road"),
    *("stone", "gravel", "dirt", "mud", "fog"),
)
"""Keys of the materials in the panel's order; the number keys 1 to 9 and 0 take the first ten."""

_RADIUS = 6.0
_FADED = 0.22
_MARGIN = 3
_NAME = 14
_CORNER = 13


def number_key(key: str) -> str:
    """The number key of a material, empty if it has none."""
    place = ORDER.index(key)
    return str((place + 1) % 10) if place < 10 else ""


class Swatch(QAbstractButton):
    """One material: a rendered sample, the colour it has in the map, its number key, its name."""

    def __init__(self, material: Material, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.material = material
        self.setCheckable(True)
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the canvas
        name = called(material)
        number = number_key(material.key)
        self.setAccessibleName(name)
        self.setToolTip(self.tr("%s (key %s)") % (name, number) if number else name)
        self._number = number
        self._sample = QPixmap(str(RESOURCES / "materials" / f"{material.key}.png"))
        self._faded = False

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def set_faded(self, faded: bool) -> None:
        """Step back while the person searches for another material."""
        if faded != self._faded:
            self._faded = faded
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        if self._faded:
            painter.setOpacity(_FADED)
        inner = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN - _NAME)
        shape = QPainterPath()
        shape.addRoundedRect(inner, _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.drawPixmap(inner, self._sample, _middle(self._sample, inner.size()))
        self._draw_map_colour(painter, inner)
        painter.setClipping(False)
        self._draw_number(painter, inner)
        self._draw_name(painter, inner)
        self._draw_frame(painter)

    def _draw_map_colour(self, painter: QPainter, inner: QRectF) -> None:
        """A corner in the colour that the material has in the map."""
        corner = QPainterPath(inner.bottomRight())
        corner.lineTo(inner.bottomRight() - QPointF(_CORNER, 0))
        corner.lineTo(inner.bottomRight() - QPointF(0, _CORNER))
        painter.fillPath(corner, QColor(*self.material.gaugan))
        painter.setPen(QPen(QColor(0, 0, 0, 90), 1))
        painter.drawLine(
            inner.bottomRight() - QPointF(_CORNER, 0), inner.bottomRight() - QPointF(0, _CORNER)
        )

    def _draw_number(self, painter: QPainter, inner: QRectF) -> None:
        if not self._number:
            return
        font = QFont(self.font())
        font.setPixelSize(10)
        font.setBold(True)
        painter.setFont(font)
        place = inner.adjusted(4, 2, 0, 0)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        painter.setPen(QColor(0, 0, 0, 170))
        for way in (QPointF(0, 1), QPointF(1, 0), QPointF(-1, 0), QPointF(0, -1)):
            painter.drawText(place.translated(way), flags, self._number)
        painter.setPen(QColor("white"))
        painter.drawText(place, flags, self._number)

    def _draw_name(self, painter: QPainter, sample: QRectF) -> None:
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        role = QPalette.ColorRole.WindowText
        quiet = QPalette.ColorRole.PlaceholderText
        painter.setPen(self.palette().color(role if self.isChecked() else quiet))
        place = QRectF(1, sample.bottom(), self.width() - 2, _NAME + 1)
        shown = painter.fontMetrics().elidedText(
            self.accessibleName(), Qt.TextElideMode.ElideRight, int(place.width())
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), shown)

    def _draw_frame(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        outer = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked():
            painter.setPen(QPen(accent, 2))
            painter.drawRoundedRect(outer, _RADIUS + 2, _RADIUS + 2)
        if self.hasFocus():
            painter.setPen(QPen(text, 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(outer.adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS, _RADIUS)
        elif self.underMouse() and not self.isChecked():
            painter.setPen(QPen(text, 1))
            painter.drawRoundedRect(outer, _RADIUS + 2, _RADIUS + 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()


class Swatches(QWidget):
    """All materials in a grid; ``hovered(name)`` names the one under the pointer, "" for none."""

    hovered = Signal(str)

    def __init__(self, state: PaintState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Materials"))
        self._state = state
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(3)
        layout.setVerticalSpacing(2)
        self.swatches: dict[int, Swatch] = {}
        for place, key in enumerate(ORDER):
            swatch = Swatch(BY_KEY[key])
            swatch.installEventFilter(self)
            self._group.addButton(swatch, swatch.material.id)
            layout.addWidget(swatch, place // COLUMNS, place % COLUMNS)
            self.swatches[swatch.material.id] = swatch
        layout.setColumnStretch(COLUMNS, 1)
        self._group.idToggled.connect(self._toggled)
        state.material_changed.connect(self._show)
        self._show(state.material)

    @property
    def first(self) -> int:
        """The label of the first material."""
        return BY_KEY[ORDER[0]].id

    def search(self, words: str) -> list[Material]:
        """Let only the materials named so stand out; returns them, best first."""
        wanted = folded(words)
        found = []
        for swatch in self.swatches.values():
            names = [folded(text) for text in _names(swatch)]
            fits = any(wanted in name for name in names)
            swatch.set_faded(not fits)
            if fits:
                begins = any(name.startswith(wanted) for name in names)
                found.append((not begins, swatch.material))
        return [material for _, material in sorted(found, key=lambda pair: pair[0])]

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if isinstance(watched, Swatch):
            if event.type() == QEvent.Type.Enter:
                self.hovered.emit(watched.accessibleName())
            elif event.type() == QEvent.Type.Leave:
                self.hovered.emit("")
        return False

    def _toggled(self, label: int, checked: bool) -> None:
        if checked:
            self._state.set_material(label)

    def _show(self, label: int) -> None:
        if label in self.swatches:
            self.swatches[label].setChecked(True)
        elif (checked := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)  # a label that has no swatch
            checked.setChecked(False)
            self._group.setExclusive(True)


def _middle(sample: QPixmap, wanted: QSizeF) -> QRectF:
    """The largest part of a sample, around its middle, that has the proportions wanted."""
    part = QRectF(QPointF(), wanted.scaled(sample.size(), Qt.AspectRatioMode.KeepAspectRatio))
    part.moveCenter(QRectF(sample.rect()).center())
    return part


def _names(swatch: Swatch) -> tuple[str, ...]:
    material = swatch.material
    return material.name, material.name_vi, swatch.accessibleName(), material.key


def folded(text: str) -> str:
    """Lower case without accents, so that "nui" finds "núi"."""
    plain = unicodedata.normalize("NFD", text.strip().lower().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
