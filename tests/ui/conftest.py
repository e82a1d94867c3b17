"""The whole window, offscreen, over the engine without torch and over the real one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studio.app.places import Places
from studio.ui.start import Studio
from tests.app.conftest import ENGINE, Loop, application, loop

__all__ = ["application", "loop"]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.inside(tmp_path / "own")


@pytest.fixture
def open_studio(
    application: QApplication, loop: Loop, places: Places
) -> Iterator[Callable[..., Studio]]:
    """Opens the studio, again after it was closed if asked to; closes what is still open."""
    opened: list[Studio] = []

    def open_one(engine: str = ENGINE, **settings: object) -> Studio:
        studio = Studio(application, places, engine)
        for key, value in settings.items():
            studio.settings.set(key, value)

        async def show() -> None:
            studio.open()

        loop.run(show())
        opened.append(studio)
        return studio

    yield open_one
    for studio in opened:
        close(loop, studio)


def close(loop: Loop, studio: Studio) -> None:
    """Close the window as its button does."""
    if not studio.window.closed.is_set():
        studio.window.close()
        loop.run(studio.close())


@pytest.fixture
def studio(open_studio: Callable[..., Studio]) -> Studio:
    return open_studio()
