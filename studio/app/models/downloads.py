"""Downloads from the hub: each can be looked at first, paused, taken up again and given up."""

import logging
import shutil
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from studio.app.background import Background
from studio.app.models.helper import Helper
from studio.app.models.hub import unfinished
from studio.app.models.hub_plan import Plan
from studio.app.models.register import RECEIPT
from studio.app.models.word_lists import WordList

log = logging.getLogger(__name__)

_MODULE = "studio.app.models.hub_process"
_SETTLED = 2.0
"""Seconds after which the time that is left is worth telling."""


class Phase(StrEnum):
    """Where a download stands; ``ASKING`` waits for the person's consent."""

    LOOKING_UP = "looking up"
    ASKING = "asking"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(eq=False)
class Download:
    """``what`` is how the person called it; ``done`` and ``total`` are bytes. ``words`` is set
    where the files are a word list and no model.
    """

    what: str
    folder: Path
    phase: Phase = Phase.LOOKING_UP
    words: WordList | None = None
    plan: Plan | None = None
    done: int = 0
    total: int = 0
    checking: bool = False
    sentence: str = ""
    began: float = 0.0
    began_at: int = 0
    helper: Helper | None = None

    @property
    def remaining(self) -> float | None:
        """Seconds that it still takes, None while nobody can tell."""
        passed = time.monotonic() - self.began
        if self.phase is not Phase.RUNNING or passed < _SETTLED or self.done <= self.began_at:
            return None
        return (self.total - self.done) * passed / (self.done - self.began_at)


class Downloads(QObject):
    """``items`` are those not ended. ``changed()`` follows everything that happens to any,
    ``finished(Download)`` the end of one.
    """

    changed = Signal()
    finished = Signal(object)

    def __init__(
        self,
        folder: Path,
        word_lists: Path,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.items: list[Download] = []
        self._folder = folder
        self._word_lists = word_lists
        self._background = background

    async def restore(self) -> None:
        """Take up what an earlier sitting did not finish; it waits until it is told to go on."""
        known = {item.folder for item in self.items}
        for plan in await self._background.run(unfinished, self._folder):
            folder = self._folder / plan.folder
            if folder not in known:
                item = Download(plan.name, folder, Phase.PAUSED, plan=plan, total=plan.nbytes)
                self.items.append(item)
        self.changed.emit()

    def look_up(self, what: str) -> Download:
        """Ask the hub for the size and licence of a model, once while it is on the list."""
        for item in self.items:
            if what.strip() in (item.what, item.plan.name if item.plan else ""):
                return item
        item = Download(what.strip(), self._folder)
        self.items.append(item)
        self._ask(item, {"plan": item.what, "folder": str(self._folder)})
        return item

    def look_up_words(self, row: WordList) -> Download:
        """Ask the hub for the size and licence of a word list, as look_up does."""
        for item in self.items:
            if item.words is row:
                return item
        item = Download(row.title, self._word_lists / row.key, words=row)
        self.items.append(item)
        self._ask(item, {"words": row.key, "folder": str(self._word_lists)})
        return item

    def begin(self, item: Download) -> None:
        """Fetch, or go on; only after the person has consented."""
        if item.plan is None:
            return
        if item.words is None:
            item.folder = self._folder / item.plan.folder
        item.phase, item.sentence = Phase.RUNNING, ""
        item.began, item.began_at = time.monotonic(), item.done
        self._ask(item, {"fetch": item.plan.record(), "folder": str(item.folder)})

    def pause(self, item: Download) -> None:
        """Stop fetching; what has arrived stays."""
        self._stop(item)
        item.phase = Phase.PAUSED
        self.changed.emit()

    def again(self, item: Download) -> None:
        """After a failure: go on, or look up again."""
        if item.plan is not None:
            self.begin(item)
            return
        self.items.remove(item)
        if item.words is not None:
            self.look_up_words(item.words)
        else:
            self.look_up(item.what)

    def give_up(self, item: Download) -> None:
        """Forget it and delete what has arrived of it."""
        self._stop(item)
        self.items.remove(item)
        if item.plan is not None and item.folder not in (self._folder, self._word_lists):
            self._background.start(self._background.run(_discard, item.folder))
        self.changed.emit()

    def dismiss(self, item: Download) -> None:
        """Not now: forget the question, and keep what an earlier sitting has fetched."""
        self._stop(item)
        self.items.remove(item)
        self.changed.emit()

    def close(self) -> None:
        """Stop everything; what has arrived stays for the next sitting."""
        for item in self.items:
            self._stop(item)

    def _ask(self, item: Download, order: dict[str, Any]) -> None:
        self._stop(item)
        item.helper = _Listener(self, item)
        item.helper.start(order)
        self.changed.emit()

    def _stop(self, item: Download) -> None:
        if item.helper is not None:
            item.helper.stop()
            item.helper.deleteLater()
            item.helper = None

    def hear(self, item: Download, answer: dict[str, Any]) -> None:
        """What the helper says of a download."""
        if "plan" in answer:
            item.plan = Plan.of(answer["plan"])
            item.total, item.phase = item.plan.nbytes, Phase.ASKING
            item.done = item.total - int(answer["left"])
        elif "failed" in answer:
            item.phase, item.sentence = Phase.FAILED, answer["failed"]
        elif "finished" in answer:
            self._stop(item)
            self.items.remove(item)
            self.finished.emit(item)
        else:
            if item.done == 0 and item.began_at == 0:
                item.began_at = answer["done"]
            item.done, item.checking = answer["done"], answer["checking"]
        self.changed.emit()

    def hear_end(self, item: Download, *, well: bool) -> None:
        """The helper is gone; without an answer something is wrong."""
        busy = item.phase in (Phase.LOOKING_UP, Phase.RUNNING)
        if busy and item in self.items:
            log.warning("the download of %s ended, well: %s", item.what, well)
            item.phase = Phase.FAILED
            item.sentence = self.tr("The download stopped unexpectedly; go on with it.")
            self.changed.emit()


class _Listener(Helper):
    """A helper that knows which download it works for."""

    def __init__(self, downloads: Downloads, item: Download) -> None:
        super().__init__(_MODULE, downloads)
        self._downloads = downloads
        self._item = item
        self.answered.connect(self._heard)
        self.ended.connect(self._over)

    @Slot(object)
    def _heard(self, answer: dict[str, Any]) -> None:
        self._downloads.hear(self._item, answer)

    @Slot(bool)
    def _over(self, well: bool) -> None:
        self._downloads.hear_end(self._item, well=well)


def _discard(folder: Path) -> None:
    """Delete a folder that the studio downloaded into, and no other."""
    if (folder / RECEIPT).is_file():
        shutil.rmtree(folder, ignore_errors=True)
