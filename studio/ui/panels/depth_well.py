"""The depth picture that a depth model paints after."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.document.document import Change, Document
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption
from studio.ui.panels.picture_well import PictureWell, well_head


class DepthWell(QWidget):
    """``file_wanted()`` asks for a picture file, ``data_given(Path or QImage)`` carries a drop."""

    file_wanted = Signal()
    data_given = Signal(object)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.well = PictureWell(
            self.tr("Depth picture"),
            self.tr("Drop a depth picture here, or click to choose one"),
            self.tr("Drop a depth picture,\nor click to choose a file."),
        )
        self.open = IconButton("folder", self.tr("Choose a depth picture"))
        self.clear = IconButton(
            "clear", self.tr("Take the depth picture away; undo brings it back")
        )
        self._lay_out()
        self.well.clicked.connect(self.file_wanted)
        self.well.dropped.connect(self.data_given)
        self.open.clicked.connect(self.file_wanted)
        self.clear.clicked.connect(lambda: document.set_depth(None))
        document.listen(self._changed)
        self._show()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(well_head(self.tr("Depth picture"), self.well, self.open, self.clear))
        layout.addWidget(self.well)
        layout.addWidget(
            caption(
                self.tr(
                    "Near is bright, far is dark. The studio makes no depth picture from a "
                    "photograph: a camera, a 3D program or a depth estimator does."
                )
            )
        )

    def _changed(self, change: Change) -> None:
        if change.depth:
            self._show()

    def _show(self) -> None:
        self.well.show_picture(self._document.depth)
        self.clear.setEnabled(self._document.depth is not None)
