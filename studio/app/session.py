"""From what the panels say to a request, and from a result back to the document and history."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.background import Background
from studio.app.gallery import Gallery
from studio.app.jobs import Job, Jobs
from studio.app.models.shelf import Shelf
from studio.app.opener import Opener
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.app.upscale_batch import UpscaleBatch
from studio.contract.catalog import Capability
from studio.contract.events import Event, Produced, Started
from studio.contract.geometry import Size
from studio.contract.request import MAX_SEED, GenerateRequest
from studio.document.document import Change, Document
from studio.document.formats.opened import Opened

_MULTIPLE = 8
_LOOK_AGAIN_MS = 50
_BOTH_SEEN = 0.5


class Session(QObject):
    """One sitting: settings, document, jobs, gallery and batch, and the ways between them.

    ``started(Started)`` passes on what the engine says of a request; ``restored()`` follows when
    settings and map came back from a picture, ``missed(name)`` when its model is not here.
    ``opener`` reads files in the background's thread.
    """

    started = Signal(object)
    restored = Signal()
    missed = Signal(str)

    def __init__(
        self,
        settings: Settings,
        document: Document,
        jobs: Jobs,
        gallery: Gallery,
        batch: UpscaleBatch,
        background: Background,
        shelf: Shelf,
        opener: Opener,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self.document = document
        self.jobs = jobs
        self.gallery = gallery
        self.batch = batch
        self.background = background
        self.shelf = shelf
        self.opener = opener
        self.unknown_words = UnknownWords(settings, background, self)
        self.missing: str | None = None
        """The model of the picture last brought back, where that model is not here."""
        self._arrived: list[Produced] = []
        self._stroke_watch = QTimer(self, interval=_LOOK_AGAIN_MS)
        self._stroke_watch.timeout.connect(self._show_results)
        jobs.happened.connect(self._happened)
        document.listen(self._document_changed)

    def close(self) -> None:
        """Take what has arrived, even if a stroke has not ended."""
        self.unknown_words.close()
        self.document.commit()
        self._show_results()

    def can(self, capability: Capability) -> bool:
        """Whether the chosen model makes use of something; one that nobody knows yet, of all."""
        card = self.shelf.card(self.settings["model"])
        return card is None or not card.usable or card.can(capability)

    @property
    def uses_map(self) -> bool:
        """Whether the next picture follows the map."""
        wanted = self.settings["panel"] == "paint" or self.settings["follow_map"]
        return wanted and not self.document.is_blank and self.can(Capability.MAP)

    @property
    def uses_source(self) -> bool:
        """Whether the next picture begins with the source picture."""
        able = any(self.can(c) for c in (Capability.SOURCE, Capability.MASK, Capability.ENLARGE))
        return able and self.settings["panel"] == "prompt" and self.document.source is not None

    def request(self) -> GenerateRequest:
        """What the panels say now; raises ValueError with a sentence."""
        values = self.settings
        source = self.document.source if self.uses_source else None
        masked = source is not None and self.can(Capability.MASK)
        return GenerateRequest(
            model=values["model"],
            prompt=self._if_able(Capability.TEXT, values["prompt"].strip(), ""),
            negative_prompt=self._if_able(
                Capability.NEGATIVE, values["negative_prompt"].strip(), ""
            ),
            label_map=self.document.labels if self.uses_map else None,
            size=Size(values["width"], values["height"]),
            seed=values["seed"],
            count=values["count"],
            steps=values["steps"],
            guidance=self._if_able(Capability.GUIDANCE, values["guidance"], None),
            guidance_interval=_ordered(values["guidance_from"], values["guidance_to"]),
            sampler=values["sampler"],
            spacing=values["spacing"],
            eta=values["eta"],
            class_id=self._class_id(),
            source=source,
            strength=values["strength"] if source is not None else None,
            mask=self.document.mask.pixels if masked else None,
            boxes=self._if_surely(Capability.BOXES, self.document.boxes, ()),
            noise_level=self._if_surely(Capability.NOISE_LEVEL, values["noise_level"], None),
            depth=self._if_surely(Capability.DEPTH, self.document.depth, None),
            loras=self._if_surely(Capability.LORA, values["loras"], ()),
            map_strength=self._if_surely(Capability.MAP_STRENGTH, values["map_strength"], 1.0),
        )

    def _if_surely(self, capability: Capability, value: Any, otherwise: Any) -> Any:
        """A model that nobody knows yet gets none of what few models take."""
        card = self.shelf.card(self.settings["model"])
        return value if card is not None and card.can(capability) else otherwise

    def _if_able(self, capability: Capability, value: Any, otherwise: Any) -> Any:
        return value if self.can(capability) else otherwise

    def _class_id(self) -> int | None:
        """The chosen class where there are so many; a model that nobody knows has none."""
        card = self.shelf.card(self.settings["model"])
        chosen = self.settings["class_id"]
        if card is None or chosen is None or not card.can(Capability.CLASS):
            return None
        return chosen if chosen < card.classes else None

    def generate(self) -> Job:
        """Queue the picture the panels describe; an open seed is drawn anew and shown.

        Raises ValueError with a sentence when it cannot be made as it is described.
        """
        self._check_model()
        if not self.settings["seed_locked"]:
            self.settings.set("seed", secrets.randbelow(MAX_SEED + 1))
        request = self.request()
        if request.label_map is not None:
            self._take_proportions(request.size)
            request = replace(request, label_map=self.document.labels)
        return self.jobs.add(request, self.shelf.help_for(request.model))

    def preload(self) -> None:
        """Let the engine read the chosen model now, if it can be used."""
        name = self.settings["model"]
        model = self.shelf.find(name)
        if model is None or (model.card and model.card.usable and not model.asks):
            self.jobs.preload(name, self.shelf.help_for(name))

    def _check_model(self) -> None:
        model = self.shelf.find(self.settings["model"])
        if model is None or model.card is None:
            return  # the engine says what is wrong with it, if anything is
        if model.card.problem:
            raise ValueError(model.card.problem)
        if not model.card.usable:
            raise ValueError(f"{model.name} is a {model.card.title} and makes no pictures.")
        if model.asks:
            raise ValueError(
                f"{model.name} does not tell whether it predicts eps or v; choose in the panel."
            )

    def restore(self, opened: Opened) -> None:
        """Bring back a picture with every setting and the map that made it, as one edit."""
        request = opened.request
        if request is None and opened.found is not None:
            request = opened.found.applied_to(self.request())
            request = replace(request, label_map=None)
        if request is not None:
            self._show(request)
        self.document.take(opened)
        self.restored.emit()

    def paint_over(self) -> None:
        """Go on from the map that the model drew for the picture, with the picture's seed, and see
        both: it replaces the painted map.
        """
        self.document.take_drawn_map()
        if self.document.request is not None:
            self.use_seed(self.document.request.seed)
        self.settings.set("map_opacity", _BOTH_SEEN)
        self.settings.set("panel", "paint")

    def use_seed(self, seed: int) -> None:
        """Keep this seed from now on."""
        self.settings.set("seed", seed)
        self.settings.set("seed_locked", True)

    def _show(self, request: GenerateRequest) -> None:
        low, high = request.guidance_interval
        painted = request.label_map is not None and request.source is None
        model = self.shelf.find(request.model)
        values = {
            "model": model.key if model else request.model,
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "seed": request.seed,
            "seed_locked": True,
            "steps": request.steps,
            "guidance": request.guidance,
            "sampler": request.sampler,
            "spacing": request.spacing,
            "eta": request.eta,
            "guidance_from": low,
            "guidance_to": high,
            "width": request.size.width,
            "height": request.size.height,
            "count": 1,
            "class_id": request.class_id,
            "strength": request.strength,
            "loras": self.shelf.loras_here(request.loras),
            "noise_level": request.noise_level,
            "map_strength": request.map_strength,
            "panel": "paint" if painted else "prompt",
            "follow_map": request.label_map is not None
            and (not painted or self.settings["follow_map"]),
        }
        for key, value in values.items():
            self.settings.set(key, value)
        there = model is not None or Path(request.model).exists()
        self.missing = None if there else request.model
        if self.missing is not None:
            self.missed.emit(self.missing)

    def _take_proportions(self, size: Size) -> None:
        """Stretch the map to the picture's proportions, so that previews lie where they belong."""
        page = self.document.size
        if not similar(page, size):
            longer = max(page.width, page.height) / max(size.width, size.height)
            self.document.resize(
                Size(max(1, round(size.width * longer)), max(1, round(size.height * longer)))
            )

    def _document_changed(self, change: Change) -> None:
        if change.source and self.document.source is not None:
            height, width = self.document.source.shape[:2]
            self._follow_proportions(Size(width, height))
        elif change.replaced:
            self._follow_proportions(self.document.size)

    def _follow_proportions(self, page: Size) -> None:
        """Give the picture the proportions of a map or source that has just been opened."""
        size = Size(self.settings["width"], self.settings["height"])
        if similar(page, size):
            return
        scale = min(size.width, size.height) / min(page.width, page.height)
        fitted = Size(max(1, round(page.width * scale)), max(1, round(page.height * scale))).fitted(
            _MULTIPLE
        )
        self.settings.set("width", fitted.width)
        self.settings.set("height", fitted.height)

    def _happened(self, job: Job, event: Event) -> None:
        match event:
            case Started():
                self.started.emit(event)
            case Produced():
                self._arrived.append(event)
                self._show_results()

    def _show_results(self) -> None:
        """Take results into the document, but never into the middle of a stroke."""
        if self.document.painting or self.document.mask.painting:
            self._stroke_watch.start()
            return
        self._stroke_watch.stop()
        arrived, self._arrived = self._arrived, []
        for result in arrived:
            made = result.pixels, result.request, result.drawn_map
            self.document.set_result(*made)
            self.background.start(self.gallery.add(*made))


def similar(one: Size, other: Size) -> bool:
    """Whether two sizes have the same proportions to within four hundredths."""
    return abs(one.width * other.height / (one.height * other.width) - 1) < 0.04


def _ordered(low: float, high: float) -> tuple[float, float]:
    return min(low, high), max(low, high)
