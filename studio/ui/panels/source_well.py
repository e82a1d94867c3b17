"""The picture that a new one begins with, how far to leave it, and which part to repaint."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.setting_rows import BY_KEY
from studio.app.settings import Settings
from studio.contract.catalog import NOISE_LEVEL, SOURCE_STRENGTH, Capability
from studio.contract.model_card import ModelCard
from studio.document.document import Change, Document
from studio.ui.binding import bind
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption
from studio.ui.number_slider import NumberSlider
from studio.ui.paint_state import PaintState
from studio.ui.panels.mask_tools import MaskTools
from studio.ui.panels.picture_well import PictureWell, well_head


class SourceWell(QWidget):
    """``file_wanted()`` asks for a picture file, ``data_given(Path or pixels)`` carries a drop."""

    file_wanted = Signal()
    data_given = Signal(object)

    def __init__(
        self,
        settings: Settings,
        document: Document,
        paint: PaintState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._able: tuple[bool, bool] = (True, True)
        self._enlarges = self._noisy = False
        self.well = PictureWell(
            self.tr("Source picture"),
            self.tr("Drop a picture or one of the history here, or click to choose"),
            self.tr("Drop a picture or a history entry,\nor click to choose a file."),
        )
        self.take_result = IconButton("use-picture", self.tr("Start from the picture shown"))
        self.open = IconButton("folder", self.tr("Choose a picture file"))
        self.clear = IconButton("clear", self.tr("Start from noise again, without a source"))
        self.strength = NumberSlider(BY_KEY["strength"])
        self.strength.set_fallback(SOURCE_STRENGTH)
        bind(settings, "strength", self.strength)
        self.noise = NumberSlider(BY_KEY["noise_level"])
        self.noise.set_fallback(NOISE_LEVEL)
        bind(settings, "noise_level", self.noise)
        self.mask_tools = MaskTools(document, paint)
        self.needed = caption()
        self._lay_out()
        self.well.clicked.connect(self.file_wanted)
        self.well.dropped.connect(self.data_given)
        self.open.clicked.connect(self.file_wanted)
        self.take_result.clicked.connect(self._take_result)
        self.clear.clicked.connect(lambda: document.set_source(None))
        document.listen(self._changed)
        document.mask.listen(self._mask_changed)
        self.well.show_picture(document.source)
        self._show()

    def show_card(self, card: ModelCard | None) -> None:
        """Show what the model can do with a source."""
        if card is None:
            self._able = (True, True)
        else:
            self._able = (card.can(Capability.SOURCE), card.can(Capability.MASK))
        self._enlarges = card is not None and card.can(Capability.ENLARGE)
        self._noisy = card is not None and card.can(Capability.NOISE_LEVEL)
        self._show()

    def _lay_out(self) -> None:
        head = well_head(
            self.tr("Source picture"), self.well, self.take_result, self.open, self.clear
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.well)
        layout.addWidget(self.needed)
        layout.addWidget(self.strength)
        layout.addWidget(self.noise)
        layout.addWidget(self.mask_tools)

    def _take_result(self) -> None:
        if self._document.picture is not None:
            self._document.set_source(self._document.picture)

    def _changed(self, change: Change) -> None:
        if change.source:
            self.well.show_picture(self._document.source)
        if change.source or change.picture:
            self._show()

    def _mask_changed(self, change: Change) -> None:
        if not self._document.mask.painting:
            self._show_strength()

    def _show(self) -> None:
        there = self._document.source is not None
        changes, repaints = self._able
        self.take_result.setEnabled(self._document.picture is not None)
        self.clear.setEnabled(there)
        self.strength.setVisible(there and changes)
        self.noise.setVisible(self._noisy)
        self.mask_tools.setVisible(there and repaints)
        needed = ""
        if self._enlarges:
            needed = self.tr("This model makes a picture four times as wide and high: give it one.")
        elif repaints and not changes:
            needed = self.tr(
                "This model repaints a part of a picture: give it one, then paint the mask."
            )
        self.needed.setText(needed)
        self.needed.setVisible(bool(needed) and not there)
        self._show_strength()

    def _show_strength(self) -> None:
        """What the model takes by itself is another with a mask than without."""
        self.strength.set_fallback(SOURCE_STRENGTH if self._document.mask.is_blank else 1.0)
