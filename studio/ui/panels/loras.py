"""LoRA files and their weights."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.models.shelf import Shelf
from studio.app.setting import Setting
from studio.app.settings import Settings
from studio.contract.prompt_tags import Loras
from studio.contract.request import MAX_LORA
from studio.ui.icon_button import IconButton
from studio.ui.labelled import caption
from studio.ui.number_slider import NumberSlider
from studio.ui.panel_scroll import PanelChoice

_NAME_PX = 240
_WEIGHT = Setting(
    key="lora_weight",
    kind=float,
    default=1.0,
    low=-MAX_LORA,
    high=MAX_LORA,
    slider_low=-1,
    slider_high=2,
    step=0.05,
    title="Weight",
    help="How much the file changes the model: 0 not at all, 1 as it was made, below 0 the reverse",
)


class LoraList(QWidget):
    """Bound to the setting "loras"; ``file_wanted()`` asks for a file from elsewhere."""

    file_wanted = Signal()

    def __init__(self, settings: Settings, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shelf = shelf
        self.rows: list[_Row] = []
        self.combo = PanelChoice()
        self.combo.setAccessibleName(self.tr("Add a LoRA file"))
        self.combo.setToolTip(
            self.tr("The LoRA files around the model, and those on the list of models")
        )
        self.combo.setPlaceholderText(self.tr("Add a LoRA file…"))
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(8)
        self.combo.setMaxVisibleItems(16)
        self.hint = caption(
            self.tr("LoRA files in a folder “loras” beside the model are offered here.")
        )
        title = QLabel(self.tr("LoRA"))
        title.setProperty("role", "label")
        title.setBuddy(self.combo)
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(title)
        layout.addWidget(self.combo)
        layout.addWidget(self.hint)
        layout.addSpacing(2)
        layout.addLayout(self._list)
        self.combo.activated.connect(self._choose)
        shelf.changed.connect(self._offer)
        self._offer()
        settings.watch("loras", self, self._show)

    def add(self, path: Path) -> None:
        """Use a file with its full weight, if it is not used already."""
        used: Loras = self._settings["loras"]
        if str(path) not in [name for name, _ in used]:
            self._settings.set("loras", (*used, (str(path), 1.0)))

    def _offer(self) -> None:
        self.combo.clear()
        for path in self._shelf.loras:
            self.combo.addItem(path.stem, path)
            last = self.combo.count() - 1
            self.combo.setItemData(last, str(path), Qt.ItemDataRole.ToolTipRole)
        self.hint.setVisible(not self._shelf.loras)
        self.combo.addItem(self.tr("Choose a file…"), None)
        self.combo.setCurrentIndex(-1)

    def _choose(self, index: int) -> None:
        path = self.combo.itemData(index)
        self.combo.setCurrentIndex(-1)
        if path is None:
            self.file_wanted.emit()
        else:
            self.add(path)

    def _show(self, loras: Loras) -> None:
        if [row.name for row in self.rows] != [name for name, _ in loras]:
            for row in self.rows:
                self._list.removeWidget(row)
                row.deleteLater()
            self.rows = [self._row(number, name) for number, (name, _) in enumerate(loras)]
        for row, (_, weight) in zip(self.rows, loras, strict=True):
            row.weight.set_value(weight)

    def _row(self, number: int, name: str) -> "_Row":
        row = _Row(name)
        row.weight.changed.connect(lambda weight: self._weigh(number, weight))
        row.remove.clicked.connect(lambda: self._remove(number))
        self._list.addWidget(row)
        return row

    def _weigh(self, number: int, weight: float) -> None:
        loras = list(self._settings["loras"])
        loras[number] = (loras[number][0], weight)
        self._settings.set("loras", tuple(loras))

    def _remove(self, number: int) -> None:
        loras: Loras = self._settings["loras"]
        self._settings.set("loras", loras[:number] + loras[number + 1 :])


class _Row(QWidget):
    """One file: its weight, and a button that takes it away."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        path = Path(name)
        shown = self.fontMetrics().elidedText(path.stem, Qt.TextElideMode.ElideMiddle, _NAME_PX)
        self.weight = NumberSlider(_WEIGHT, title=shown)
        self.weight.label.setToolTip(name)
        self.remove = IconButton("close", self.tr("Use %s no longer") % path.stem, size=14)
        self.remove.setFixedSize(28, 28)
        across = QHBoxLayout()
        across.setSpacing(4)
        across.addWidget(self.weight, 1)
        across.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignBottom)
        self.missing = QLabel(self.tr("This file is not here; choose another, or take it away."))
        self.missing.setProperty("role", "warning")
        self.missing.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(across)
        layout.addWidget(self.missing)
        # a name without folders is looked for by the engine
        self.missing.setVisible(path.is_absolute() and not path.exists())
