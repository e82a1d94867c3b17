"""Keeps a batch on the disk while it is not done, so that another sitting can go on with it."""

import contextlib
import threading
from dataclasses import replace
from pathlib import Path

from studio.app.background import Background
from studio.pictures.batch import BatchItem, BatchPlan, ItemState
from studio.pictures.journal import Journal, forget_journal
from studio.saving import remove_leftovers


class BatchKeeper:
    """The journal at ``path``, written in the background's thread."""

    def __init__(self, path: Path, background: Background) -> None:
        self._path = path
        self._background = background
        self._journal: Journal | None = None
        self._closed = False
        self._lock = threading.Lock()

    def keep(self, plan: BatchPlan | None) -> None:
        """Note how the batch stands; None forgets it."""
        self._background.start(self._background.run(self._note, plan))

    def close(self, plan: BatchPlan | None) -> None:
        """Note it for the last time, at once, whatever is still to be noted in the background."""
        with self._lock:
            self._closed = True
            self._follow(plan)

    async def left(self) -> BatchPlan | None:
        """What an earlier sitting left unfinished; what was in work then is done or waits."""
        return await self._background.run(self._open)

    def _note(self, plan: BatchPlan | None) -> None:
        with self._lock:
            if not self._closed:
                self._follow(plan)

    def _follow(self, plan: BatchPlan | None) -> None:
        if plan is None:
            forget_journal(self._path)
            self._journal = None
        elif self._journal is None:
            self._journal = Journal.start(self._path, plan)
        else:
            self._journal.follow(plan)

    def _open(self) -> BatchPlan | None:
        journal = Journal.open(self._path)
        if journal is None or not journal.plan.unfinished:
            return None
        plan = journal.plan
        self._journal = journal
        replaces = plan.settings.replaces
        return replace(plan, items=tuple(_settled(item, replaces) for item in plan.items))


def _settled(item: BatchItem, replaces: bool) -> BatchItem:
    """Whether a file was done before that could be noted; removes what was left half-written.

    A target that was free when the work began is there only when all of it was written.
    """
    if item.state is not ItemState.RUNNING:
        return item
    if item.target is not None:
        with contextlib.suppress(OSError):
            remove_leftovers(item.target)
        if not replaces and item.target.exists():
            return replace(item, state=ItemState.DONE)
    return replace(item, state=ItemState.WAITING, target=None)
