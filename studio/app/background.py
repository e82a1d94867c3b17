"""One background thread for everything that touches the disk; results are awaited."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Background:
    """Runs blocking work away from the GUI thread, in the order it was given.

    ``run`` is awaited inside a coroutine; ``start`` lets a coroutine run by itself and hands an
    exception that nobody caught to ``failed``. Both need a running asyncio loop (qasync's).
    """

    def __init__(self, failed: Callable[[BaseException], None] | None = None) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self._tasks: set[asyncio.Task[Any]] = set()
        self.failed = failed

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """The result of ``work(*args)``, computed in the background thread."""
        return await asyncio.get_event_loop().run_in_executor(self._executor, lambda: work(*args))

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let ``coroutine`` run; it is kept alive until it ends."""
        task = asyncio.get_event_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def drained(self) -> None:
        """Return when everything started so far has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """Finish the work in hand and end the thread."""
        self._executor.shutdown(wait=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("background task failed", exc_info=error)
        if self.failed is not None:
            self.failed(error)
