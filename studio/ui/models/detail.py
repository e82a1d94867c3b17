"""What one model is, what it can do, and what can be done with it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app.models.hub import shown_size
from studio.app.models.register import Installed, Origin
from studio.app.models.shelf import Shelf
from studio.app.models.word_lists import WordList
from studio.contract.catalog import Capability
from studio.contract.model_card import CardKind, ModelCard
from studio.ui.models.question import Question
from studio.ui.models.words import abilities, family_title, origin_title, shown_name


class ModelDetail(QWidget):
    """``use_wanted(model, panel key)``, ``remove_wanted(model)``, ``reveal_wanted(path)``,
    ``answered(model, "eps" or "v")`` and ``words_wanted(WordList)`` follow its buttons.
    """

    use_wanted = Signal(object, str)
    remove_wanted = Signal(object)
    reveal_wanted = Signal(object)
    answered = Signal(object, str)
    words_wanted = Signal(object)

    def __init__(self, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self.model: Installed | None = None
        self._asking = False
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.title.setWordWrap(True)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.kind = QLabel()
        self.kind.setProperty("role", "label")
        self.problem = QLabel()
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        self.use_prompt = self._button(
            self.tr("Use in Prompt"), self.tr("Make pictures with it from the Prompt panel")
        )
        self.use_paint = self._button(
            self.tr("Use in Paint"), self.tr("Paint a map and make a picture of it with this model")
        )
        self.use_upscale = self._button(
            self.tr("Use in Upscale"), self.tr("Make pictures larger with it in the Upscale panel")
        )
        self.reveal = self._button(
            self.tr("Show folder"), self.tr("Open the folder that it lies in")
        )
        self.remove = self._button(self.tr("Remove"), self.tr("Take it off the list"))
        self.sure = Question()
        self.predicts = Question()
        self.words = Question()
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(24)
        self.facts.setVerticalSpacing(6)
        self.facts.setColumnStretch(1, 1)
        self.can = QLabel()
        self.can.setWordWrap(True)
        self.can_title = QLabel(self.tr("What it can do"))
        self.can_title.setProperty("role", "title")
        self._lay_out()
        self.use_prompt.clicked.connect(lambda: self.use_wanted.emit(self.model, "prompt"))
        self.use_paint.clicked.connect(lambda: self.use_wanted.emit(self.model, "paint"))
        self.use_upscale.clicked.connect(lambda: self.use_wanted.emit(self.model, "upscale"))
        self.reveal.clicked.connect(self._reveal)
        self.remove.clicked.connect(self._ask)
        self.show_model(None)

    def show_model(self, model: Installed | None) -> None:
        """Show another model, or none."""
        if model is None or self.model is None or model.path != self.model.path:
            self._asking = False
        self.model = model
        self.setVisible(model is not None)
        if model is None:
            return
        card = model.card
        self.title.setText(shown_name(model))
        self.kind.setText(self._kind(model, card))
        self.problem.setText(card.problem if card else "")
        self.problem.setVisible(bool(card and card.problem))
        self._show_buttons(model, card)
        self._show_questions(model)
        self._show_facts(model, card)
        told = abilities(card) if card and card.kind is not CardKind.BROKEN else []
        self.can.setText("\n".join(f"•  {text}" for text in told))
        self.can.setVisible(bool(told))
        self.can_title.setVisible(bool(told))
        belongs = card is not None and card.family == "part"
        self.can_title.setText(self.tr("What it is for") if belongs else self.tr("What it can do"))

    def _kind(self, model: Installed, card: ModelCard | None) -> str:
        if card is None:
            return self.tr("Being looked at…")
        if card.kind is CardKind.BROKEN:
            return self.tr("Cannot be used")
        named = card.title in (shown_name(model), model.path.stem)
        family = family_title(card)
        return family if named else f"{card.title} · {family}"

    def _show_buttons(self, model: Installed, card: ModelCard | None) -> None:
        ready = card is not None and card.usable and not model.asks
        self.use_prompt.setVisible(card is not None and card.usable)
        self.use_prompt.setEnabled(ready)
        self.use_paint.setVisible(card is not None and card.usable and card.can(Capability.MAP))
        self.use_paint.setEnabled(ready)
        self.use_upscale.setVisible(card is not None and card.can(Capability.UPSCALE))
        self.reveal.setVisible(model.path.exists())
        self.remove.setVisible(model.origin is not Origin.BUNDLED and not self._asking)
        tips = {
            Origin.DOWNLOADED: self.tr("Delete what the studio downloaded, after asking"),
            Origin.FILE: self.tr("Take it off the list; the file stays where it is"),
            Origin.FOLDER: self.tr("Take its whole folder off the list; the files stay"),
        }
        titles = {
            Origin.DOWNLOADED: self.tr("Delete…"),
            Origin.FILE: self.tr("Remove from list"),
            Origin.FOLDER: self.tr("Remove folder from list"),
        }
        if model.origin in titles:
            self.remove.setToolTip(tips[model.origin])
            self.remove.setText(titles[model.origin])
            self.remove.setAccessibleName(titles[model.origin])

    def _show_questions(self, model: Installed) -> None:
        self.sure.setVisible(self._asking)
        if self._asking:
            self.sure.ask(
                self.tr("Delete %s from %s? It can be fetched again.") % (model.name, model.place),
                (self.tr("Delete"), lambda: self.remove_wanted.emit(model)),
                (self.tr("Keep"), self._keep),
            )
        self.predicts.setVisible(model.asks)
        if model.asks:
            self.predicts.ask(
                self.tr(
                    "The file does not tell whether it predicts the noise (eps, made for 512 "
                    "pixels) or v (768 pixels). Say it once; if pictures stay noise, it is the "
                    "other."
                ),
                (self.tr("eps, 512 pixels"), lambda: self.answered.emit(model, "eps")),
                (self.tr("v, 768 pixels"), lambda: self.answered.emit(model, "v")),
            )
        row = self._shelf.missing_list(model)
        self.words.setVisible(row is not None)
        if row is not None:
            self._ask_for_words(row, model)

    def _ask_for_words(self, row: WordList, model: Installed) -> None:
        files = self.tr(" and ").join(row.files)
        folder = model.path if model.path.is_dir() else model.path.parent
        why = (
            self.tr("Its classes are shown as numbers, because %s did not come with it.")
            if row.optional
            else self.tr("To read prompts it needs %s, which did not come with it.")
        )
        how = self.tr("Fetch what is missing from the hub, or put %s into %s.") % (files, folder)
        self.words.ask(
            f"{why % row.title} {how}",
            (self.tr("Fetch from the hub"), lambda: self.words_wanted.emit(row)),
        )

    def _show_facts(self, model: Installed, card: ModelCard | None) -> None:
        while (item := self.facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        rows = [(self.tr("Where"), str(model.path)), (self.tr("From"), origin_title(model.origin))]
        if card is not None and card.kind is not CardKind.BROKEN:
            size = shown_size(card.nbytes)
            if card.dtypes:
                size += self.tr(" of %s") % ", ".join(card.dtypes)
            rows = [
                (self.tr("Size"), size),
                (self.tr("Licence"), card.licence or self.tr("as its publisher says")),
                *rows,
            ]
            if card.usable:
                told = model.prediction or self.tr("eps or v, not told")
                rows.append((self.tr("Predicts"), told))
        for number, (name, value) in enumerate(rows):
            key, text = QLabel(name), QLabel(value)
            key.setProperty("role", "label")
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
            self.facts.addWidget(key, number, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(text, number, 1)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (
            self.use_prompt,
            self.use_paint,
            self.use_upscale,
            self.reveal,
            self.remove,
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.title)
        layout.addWidget(self.kind)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)
        for question in (self.sure, self.predicts, self.words):
            layout.addWidget(question)
        line = QFrame()
        line.setProperty("role", "divider")
        layout.addWidget(line)
        layout.addLayout(self.facts)
        layout.addSpacing(8)
        layout.addWidget(self.can_title)
        layout.addWidget(self.can)

    @staticmethod
    def _button(title: str, tip: str) -> QPushButton:
        button = QPushButton(title)
        button.setAccessibleName(title)
        button.setToolTip(tip)
        return button

    def _ask(self) -> None:
        """Only a download is deleted, and only after asking; the rest is just taken off."""
        if self.model is not None and self.model.origin is Origin.DOWNLOADED:
            self._asking = True
            self.show_model(self.model)
        else:
            self.remove_wanted.emit(self.model)

    def _keep(self) -> None:
        self._asking = False
        self.show_model(self.model)

    def _reveal(self) -> None:
        if self.model is not None:
            path = self.model.path
            self.reveal_wanted.emit(path if path.is_dir() else path.parent)
