"""One of a model's classes, found by name or number."""

import unicodedata

from PySide6.QtCore import QSortFilterProxyModel, QStringListModel, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from studio.app.settings import Settings

_LIST_PX = 156


class ClassPicker(QWidget):
    """Bound to the setting "class_id"; a list under a search box."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._needed = False
        self._rows = QStringListModel(self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._rows)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit()
        self.search.setAccessibleName(self.tr("Search classes"))
        self.search.setToolTip(self.tr("Type a name or a number; Enter takes the first found"))
        self.search.setClearButtonEnabled(True)
        self.list = QListView()
        self.list.setModel(self._found)
        self.list.setAccessibleName(self.tr("Classes"))
        self.list.setToolTip(self.tr("What the picture shows"))
        self.list.setFixedHeight(_LIST_PX)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setProperty("role", "field")
        self.chosen = QLabel()
        self.chosen.setProperty("role", "value")
        self.chosen.setWordWrap(True)
        self._lay_out()
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._take_first)
        self.list.clicked.connect(self._take)
        self.list.activated.connect(self._take)
        settings.watch("class_id", self, lambda _value: self._show())

    def set_classes(self, names: tuple[str, ...], count: int, *, needed: bool = False) -> None:
        """Offer ``count`` classes, by name where one is known; ``needed``: choose one."""
        self._needed = needed
        known = names[:count]
        rows = [f"{number}  {name}" for number, name in enumerate(known)]
        rows += [self.tr("Class %s") % number for number in range(len(known), count)]
        if rows != self._rows.stringList():
            self._rows.setStringList(rows)
        named = bool(known)
        self.search.setPlaceholderText(
            self.tr("Search %s classes") % count if named else self.tr("0 to %s") % (count - 1)
        )
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Begin anew the next time."""
        self.search.clear()
        super().hideEvent(event)

    def _lay_out(self) -> None:
        label = QLabel(self.tr("Class"))
        label.setProperty("role", "label")
        label.setBuddy(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (label, self.search, self.list, self.chosen):
            layout.addWidget(widget)

    def _search(self, words: str) -> None:
        self._found.setFilterFixedString(unicodedata.normalize("NFC", words.strip()))
        self._mark()

    def _take_first(self) -> None:
        text = self.search.text().strip()
        if text.isdigit() and int(text) < self._rows.rowCount():
            self._settings.set("class_id", int(text))
        elif text and self._found.rowCount():
            self._take(self._found.index(0, 0))

    def _take(self, index) -> None:  # type: ignore[no-untyped-def]
        self._settings.set("class_id", self._found.mapToSource(index).row())

    def _show(self) -> None:
        chosen = self._settings["class_id"]
        rows = self._rows.stringList()
        known = chosen is not None and chosen < len(rows)
        none = (
            self.tr("Choose what the picture shows.")
            if self._needed
            else self.tr("None chosen: the model picks by itself.")
        )
        self.chosen.setText(rows[chosen] if known else none)
        self._mark()

    def _mark(self) -> None:
        """Show the chosen class in the list, if the search shows it."""
        chosen = self._settings["class_id"]
        if chosen is None or chosen >= self._rows.rowCount():
            self.list.clearSelection()
            return
        index = self._found.mapFromSource(self._rows.index(chosen, 0))
        if index.isValid():
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)
