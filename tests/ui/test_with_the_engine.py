"""The window over the real engine, with a tiny model."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.tiny_model import write_tiny_model


@pytest.fixture
def studio(open_studio: Callable[..., Studio], tmp_path: Path) -> Studio:
    folder = write_tiny_model(tmp_path / "tiny")
    return open_studio("studio.engine", model=str(folder), width=128, height=128)


def test_a_click_while_the_model_loads_waits_for_it_and_makes_a_picture(
    studio: Studio, loop: Loop
) -> None:
    assert studio.jobs.preloading
    shown = []
    real = studio.window.canvas.setPreview
    studio.window.canvas.setPreview = lambda noisy, clean: (
        shown.append((noisy, clean)),
        real(noisy, clean),
    )
    studio.settings.set("prompt", "a mountain zorgle")
    QTest.mouseClick(studio.window.generate_row.button, Qt.MouseButton.LeftButton)
    loop.until(lambda: not studio.jobs.busy, 60)
    loop.run(studio.background.drained())
    assert studio.window.notices.notice is None or studio.window.notices.notice.kind == "info"
    assert studio.document.picture.shape == (128, 128, 3)
    assert shown
    assert any(not np.array_equal(noisy, clean) for noisy, clean in shown)
    assert studio.window.status.model.text() == "Tiny"
    assert "zorgle" in studio.window.panels["paint"]._unknown.text()
    request = studio.gallery.entries[0]
    assert request.prompt == "a mountain zorgle"


def test_the_window_stays_smooth_while_the_engine_loads_and_samples(
    studio: Studio, loop: Loop
) -> None:
    studio.settings.set("steps", 30)
    gaps: list[float] = []
    watch = _Heartbeat(gaps)
    QTest.mouseClick(studio.window.generate_row.button, Qt.MouseButton.LeftButton)
    loop.until(lambda: not studio.jobs.busy, 60)
    watch.stop()
    assert len(gaps) > 30
    assert float(np.median(gaps)) <= 0.033  # the benchmark looks at the 99th percentile


class _Heartbeat(QTimer):
    def __init__(self, gaps: list[float]) -> None:
        super().__init__(interval=16, timerType=Qt.TimerType.PreciseTimer)
        self._gaps = gaps
        self._last: float | None = None
        self.timeout.connect(self._beat)
        self.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self._gaps.append(now - self._last)
        self._last = now
