"""From what the panels say to a request, and from a result back to the document and history."""

import secrets
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.background import Background
from studio.app.gallery import Gallery
from studio.app.jobs import Job, Jobs
from studio.app.settings import Settings
from studio.app.unknown_words import UnknownWords
from studio.app.upscale_batch import UpscaleBatch
from studio.contract.events import Event, Produced, Started
from studio.contract.geometry import Size
from studio.contract.request import MAX_SEED, GenerateRequest
from studio.document.document import Change, Document
from studio.document.formats.opened import Opened

_MULTIPLE = 8
_LOOK_AGAIN_MS = 50


class Session(QObject):
    """One sitting: settings, document, jobs, gallery and batch, and the ways between them.

    ``started(Started)`` passes on what the engine says of a request; ``restored()`` follows when
    settings and map came back from a picture.
    """

    started = Signal(object)
    restored = Signal()

    def __init__(
        self,
        settings: Settings,
        document: Document,
        jobs: Jobs,
        gallery: Gallery,
        batch: UpscaleBatch,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self.document = document
        self.jobs = jobs
        self.gallery = gallery
        self.batch = batch
        self.background = background
        self.unknown_words = UnknownWords(settings, background, self)
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

    @property
    def uses_map(self) -> bool:
        """Whether the next picture follows the map."""
        wanted = self.settings["panel"] == "paint" or self.settings["follow_map"]
        return wanted and not self.document.is_blank

    def request(self) -> GenerateRequest:
        """What the panels say now; raises ValueError with a sentence."""
        values = self.settings
        return GenerateRequest(
            model=values["model"],
            prompt=values["prompt"].strip(),
            negative_prompt=values["negative_prompt"].strip(),
            label_map=self.document.labels if self.uses_map else None,
            size=Size(values["width"], values["height"]),
            seed=values["seed"],
            count=values["count"],
            steps=values["steps"],
            guidance=values["guidance"],
            guidance_interval=_ordered(values["guidance_from"], values["guidance_to"]),
            sampler=values["sampler"],
            spacing=values["spacing"],
            eta=values["eta"],
        )

    def generate(self) -> Job:
        """Queue the picture the panels describe; an open seed is drawn anew and shown."""
        if not self.settings["seed_locked"]:
            self.settings.set("seed", secrets.randbelow(MAX_SEED + 1))
        request = self.request()
        if request.label_map is not None:
            self._take_proportions(request.size)
            request = replace(request, label_map=self.document.labels)
        return self.jobs.add(request)

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

    def use_seed(self, seed: int) -> None:
        """Keep this seed from now on."""
        self.settings.set("seed", seed)
        self.settings.set("seed_locked", True)

    def _show(self, request: GenerateRequest) -> None:
        low, high = request.guidance_interval
        values = {
            "model": request.model,
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
            "panel": "prompt" if request.label_map is None else "paint",
            "follow_map": request.label_map is not None and self.settings["follow_map"],
        }
        for key, value in values.items():
            self.settings.set(key, value)

    def _take_proportions(self, size: Size) -> None:
        """Stretch the map to the picture's proportions, so that previews lie where they belong."""
        page = self.document.size
        if not similar(page, size):
            longer = max(page.width, page.height) / max(size.width, size.height)
            self.document.resize(
                Size(max(1, round(size.width * longer)), max(1, round(size.height * longer)))
            )

    def _document_changed(self, change: Change) -> None:
        if change.replaced:
            self._follow_map_proportions()

    def _follow_map_proportions(self) -> None:
        """Give the picture the proportions of a map that has just been opened."""
        page = self.document.size
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
        if self.document.painting:
            self._stroke_watch.start()
            return
        self._stroke_watch.stop()
        arrived, self._arrived = self._arrived, []
        for result in arrived:
            self.document.set_result(result.pixels, result.request)
            self.background.start(self.gallery.add(result.pixels, result.request))


def similar(one: Size, other: Size) -> bool:
    """Whether two sizes have the same proportions to within four hundredths."""
    return abs(one.width * other.height / (one.height * other.width) - 1) < 0.04


def _ordered(low: float, high: float) -> tuple[float, float]:
    return min(low, high), max(low, high)
