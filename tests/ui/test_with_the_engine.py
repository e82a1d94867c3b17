"""The window over the real engine, with a tiny model."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from studio.pictures.batch import ItemState
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.tiny_model import WITH_LAYOUT, write_tiny_model


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
    request = studio.gallery.entries[0]
    assert request.prompt == "a mountain zorgle"


def test_the_map_of_the_words_can_be_painted_over(
    open_studio: Callable[..., Studio], tmp_path: Path, loop: Loop
) -> None:
    folder = write_tiny_model(tmp_path / "words", WITH_LAYOUT)
    studio = open_studio("studio.engine", model=str(folder), width=128, height=96, panel="prompt")
    button = studio.window.panels["prompt"].drawn
    action = studio.window.actions_by_key["paint_over"]
    assert not button.isVisible()
    assert not action.isEnabled()
    studio.settings.set("prompt", "a mountain lake")
    painted = studio.document.labels.copy()
    QTest.mouseClick(studio.window.generate_row.button, Qt.MouseButton.LeftButton)
    loop.until(lambda: not studio.jobs.busy, 60)
    loop.run(studio.background.drained())
    drawn, words = studio.document.drawn_map, studio.document.picture
    assert drawn.shape == (96, 128)
    assert np.array_equal(studio.document.labels, painted)
    assert action.isEnabled()

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert studio.settings["panel"] == "paint"
    assert studio.settings["seed_locked"]
    assert studio.settings["map_opacity"] == 0.5
    assert set(np.unique(studio.document.labels)) == set(np.unique(drawn))
    assert studio.session.uses_map
    studio.document.undo()
    assert np.array_equal(studio.document.labels, painted)

    loop.run(studio.window.files.open_entry(studio.gallery.entries[0]))
    assert np.array_equal(studio.document.drawn_map, drawn)
    action.trigger()
    QTest.mouseClick(studio.window.generate_row.button, Qt.MouseButton.LeftButton)
    loop.until(lambda: not studio.jobs.busy, 60)
    loop.run(studio.background.drained())
    assert studio.document.drawn_map is None
    assert np.array_equal(studio.document.picture, words)  # the words' map makes their picture
    assert not button.isVisible()


def test_the_window_computes_little_while_the_engine_loads_and_samples(
    studio: Studio, loop: Loop
) -> None:
    """Counts the GUI thread's own work between beats, which a busy machine does not change; the
    benchmark measures the gaps themselves.
    """
    studio.settings.set("steps", 30)
    beat = _Heartbeat()
    QTest.mouseClick(studio.window.generate_row.button, Qt.MouseButton.LeftButton)
    loop.until(lambda: not studio.jobs.busy, 120)
    beat.stop()
    assert len(beat.work) > 30
    assert float(np.quantile(beat.work, 0.95)) <= 0.033


def test_a_picture_is_enlarged_by_the_real_upscaler(
    studio: Studio, loop: Loop, tmp_path: Path, tiny_upscaler: Path
) -> None:
    random = np.random.default_rng(3)
    source = tmp_path / "photo.png"
    Image.fromarray(random.integers(0, 256, (30, 40, 4), dtype=np.uint8)).save(source)
    studio.settings.set("panel", "upscale")
    studio.settings.set("upscale_model", str(tiny_upscaler))
    studio.window.upscaling.take_paths([source])
    loop.run(studio.background.drained())
    studio.window.generate()
    loop.until(lambda: studio.batch.running is not None)
    loop.until(lambda: studio.batch.running is None, 120)
    loop.run(studio.background.drained())
    (file,) = studio.batch.files
    assert file.state is ItemState.DONE, file.sentence
    assert Image.open(tmp_path / "photo-4x.png").size == (160, 120)
    assert Image.open(tmp_path / "photo-4x.png").mode == "RGBA"
    assert studio.window.upscaling.canvas.layers.finished


class _Heartbeat(QTimer):
    """``work``: seconds of processor time that this thread spent between beats 16 ms apart."""

    def __init__(self) -> None:
        super().__init__(interval=16, timerType=Qt.TimerType.PreciseTimer)
        self.work: list[float] = []
        self._last = time.thread_time()
        self.timeout.connect(self._beat)
        self.start()

    def _beat(self) -> None:
        now = time.thread_time()
        self.work.append(now - self._last)
        self._last = now
