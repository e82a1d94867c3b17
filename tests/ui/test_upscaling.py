"""Enlarging pictures in the window, from dropping them to the comparison."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from studio.app.upscale_batch import Phase
from studio.contract.upscaling import Region
from studio.pictures.batch import ItemState
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.app.test_upscale_batch import SLOW, pictures
from tests.ui.conftest import close
from tests.ui.test_work_flow import generate, press


@pytest.fixture
def studio(open_studio: Callable[..., Studio]) -> Studio:
    return open_studio(panel="upscale", upscale_scale="2")


def drop(studio: Studio, loop: Loop, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    give(studio, loop, data)


def give(studio: Studio, loop: Loop, data: QMimeData) -> None:
    event = QDropEvent(
        QPointF(600, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )

    async def let_go() -> None:
        studio.window.dropEvent(event)

    loop.run(let_go())
    loop.run(studio.background.drained())


def done(studio: Studio, loop: Loop) -> None:
    loop.run(studio.background.drained())  # it looks at the disk before it begins
    loop.until(lambda: studio.batch.phase is Phase.IDLE and studio.batch.running is None)
    loop.run(studio.background.drained())


def test_dropped_pictures_are_enlarged_with_one_key_and_compared(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    stage, panel = studio.window.upscaling, studio.window.panels["upscale"]
    assert not stage.start_row.button.isEnabled()
    assert "Drop photos" in stage.canvas.accessibleDescription()
    paths = pictures(tmp_path / "in", 2)
    damaged = tmp_path / "in" / "p1b.png"
    damaged.write_bytes(b"nothing")
    drop(studio, loop, tmp_path / "in")
    assert panel.list.model().rowCount() == 3
    assert panel.list.current().source == paths[0]
    assert stage.start_row.button.text() == "Upscale 2"
    assert stage.canvas.layers.before is not None
    places = stage.start_row.button.geometry(), stage.canvas.geometry(), panel.list.geometry()
    press(studio, "Ctrl+Return")
    loop.until(lambda: studio.batch.running is not None)
    assert stage.start_row.button.text() == "Cancel"
    assert places == (
        stage.start_row.button.geometry(),
        stage.canvas.geometry(),
        panel.list.geometry(),
    )
    done(studio, loop)
    assert stage.start_row.button.text() == "Upscale again"
    states = [file.state for file in studio.batch.files]
    assert states == [ItemState.DONE, ItemState.DONE, ItemState.FAILED]
    layers = stage.canvas.layers
    assert panel.list.current().source == paths[1]  # the list followed the work
    assert layers.finished
    assert (layers.given.width, layers.made.width) == (48, 96)
    assert stage.canvas.shows_divider
    assert stage.row.text.text() == "2 done · 1 failed"


def test_a_file_that_can_not_be_read_says_why_on_the_canvas(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"nothing")
    drop(studio, loop, path)
    (file,) = studio.batch.files
    assert file.state is ItemState.FAILED
    assert studio.window.upscaling.canvas.accessibleDescription() == file.sentence
    line = studio.window.panels["upscale"].list
    spoken = line.model().index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("broken.png, ")
    assert "“broken.png”" not in spoken


def test_the_first_picture_that_can_be_read_is_looked_at(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    pictures(tmp_path / "in", 1)
    (tmp_path / "in" / "a.png").write_bytes(b"nothing")
    drop(studio, loop, tmp_path / "in")
    assert [file.name for file in studio.batch.files] == ["a.png", "p0.png"]
    assert studio.window.panels["upscale"].list.current().name == "p0.png"


def test_a_running_batch_shows_its_tiles_progress_and_time(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    for key, value in SLOW.items():
        studio.settings.set(key, value)
    drop(studio, loop, *pictures(tmp_path / "in", 1, side=160))
    stage = studio.window.upscaling
    press(studio, "Ctrl+Return")
    loop.until(lambda: stage.canvas.layers.tiles)
    assert stage.canvas.layers.after is not None
    assert not stage.canvas.shows_divider
    assert 0 < stage.row.bar.value() < 1000
    assert stage.row.time.text().endswith("left")
    assert "left" in studio.window.panels["upscale"].list.model().index(0).data(
        Qt.ItemDataRole.ToolTipRole
    )
    press(studio, "Ctrl+P")
    loop.until(lambda: not studio.batch.pausing)
    assert stage.row.text.text() == "Paused"
    assert stage.start_row.button.text() == "Go on"
    press(studio, "Ctrl+Return")
    assert studio.batch.phase is Phase.RUNNING
    press(studio, "Esc")
    done(studio, loop)
    assert stage.canvas.layers.after is None
    assert studio.batch.files[0].state is ItemState.WAITING


def test_results_that_are_there_are_asked_about(studio: Studio, loop: Loop, tmp_path: Path) -> None:
    (path,) = pictures(tmp_path / "in", 1)
    there = tmp_path / "in" / "p0-2x.png"
    there.write_bytes(b"precious")
    drop(studio, loop, path)
    question = studio.window.upscaling.start_row.question

    def ask() -> dict[str, QPushButton]:
        press(studio, "Ctrl+Return")
        loop.until(question.isVisible)
        return {b.text(): b for b in question.findChildren(QPushButton) if b.isVisible()}

    answers = ask()
    assert set(answers) == {"Keep both", "Replace", "Skip"}
    question._close.click()
    assert studio.batch.phase is Phase.IDLE
    ask()["Skip"].click()
    done(studio, loop)
    assert studio.batch.files[0].state is ItemState.SKIPPED
    ask()["Keep both"].click()
    done(studio, loop)
    assert there.read_bytes() == b"precious"
    assert (tmp_path / "in" / "p0-2x-2.png").exists()
    ask()["Replace"].click()
    done(studio, loop)
    assert Image.open(there).size == (96, 96)


def test_a_region_is_previewed_and_stays_a_preview(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    drop(studio, loop, *pictures(tmp_path / "in", 1))
    panel, canvas = studio.window.panels["upscale"], studio.window.upscaling.canvas
    panel.preview.click()
    loop.until(lambda: canvas.layers.part is not None)
    assert canvas.layers.region == Region(left=0, top=0, width=48, height=48)
    assert canvas.shows_divider
    panel.region.click()
    assert canvas.choosing
    assert "Drag" in canvas.said
    page = canvas._view.page_rect()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=page.center().toPoint())
    QTest.mouseMove(canvas, page.bottomRight().toPoint())
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=page.bottomRight().toPoint())
    assert not panel.region.isChecked()
    assert not canvas.said
    loop.until(lambda: not studio.batch.preview.running)
    region = canvas.layers.region
    assert (region.left, region.top) == (24, 24)
    assert canvas.layers.part.image.width() == 2 * region.width
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["p0.png"]


def test_a_picture_of_the_history_is_upscaled_from_its_menu(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    studio.settings.set("panel", "paint")
    studio.settings.set("upscale_folder", str(tmp_path))
    generate(studio, loop)
    (entry,) = studio.gallery.entries
    menu = studio.window.strip.menu_for(entry)
    action = next(action for action in menu.actions() if action.text() == "Upscale this")

    async def choose() -> None:
        action.trigger()

    loop.run(choose())
    loop.run(studio.background.drained())
    assert studio.settings["panel"] == "upscale"
    assert [file.source for file in studio.batch.files] == [entry.path]
    press(studio, "Ctrl+Return")
    done(studio, loop)
    assert studio.batch.files[0].target.parent == tmp_path
    assert len(list(entry.path.parent.glob("*.png"))) == 1


def test_a_pasted_picture_keeps_what_is_clear(studio: Studio, loop: Loop, tmp_path: Path) -> None:
    studio.settings.set("upscale_folder", str(tmp_path))
    image = QImage(20, 10, QImage.Format.Format_ARGB32)
    image.fill(0)
    image.setPixel(3, 4, 0xFFFF0000)
    data = QMimeData()
    data.setImageData(image)
    give(studio, loop, data)
    press(studio, "Ctrl+Return")
    done(studio, loop)
    made = np.asarray(Image.open(studio.batch.files[0].target))
    assert made.shape == (20, 40, 4)
    assert made[8, 6].tolist() == [255, 0, 0, 255]
    assert made[0, 0, 3] == 0


def test_the_controls_say_what_is_asked_of_the_engine(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    panel = studio.window.panels["upscale"]
    controls, output = panel.controls, panel.output
    assert not controls.strength.isEnabled()
    controls.mode._buttons["vivid"].click()
    assert controls.strength.isEnabled()
    assert controls.within.isHidden()
    controls.scale._buttons["fit"].click()
    assert not controls.within.isHidden()
    studio.settings.set("upscale_width", 100)
    studio.settings.set("upscale_height", 100)
    drop(studio, loop, *pictures(tmp_path / "in", 1))
    assert studio.window.upscaling.canvas.layers.made.width == 100
    assert not output.quality.isEnabled()
    output.format.setCurrentIndex(output.format.findData("webp"))
    output.format.activated.emit(output.format.currentIndex())
    assert output.quality.isEnabled()
    output.pattern.setText("{nam}")
    output.pattern.textEdited.emit("{nam}")
    assert "{nam}" in output._example.text()


def test_what_was_left_is_offered_at_the_next_start(
    open_studio: Callable[..., Studio], loop: Loop, tmp_path: Path
) -> None:
    first = open_studio(panel="upscale", upscale_scale="2", **SLOW)
    drop(first, loop, *pictures(tmp_path / "in", 1, side=24), *pictures(tmp_path / "b", 1))
    press(first, "Ctrl+Return")
    loop.until(lambda: first.batch.files[0].state is ItemState.DONE)
    close(loop, first)
    again = open_studio(panel="paint")
    loop.until(lambda: again.window.notices.notice is not None)
    loop.run(again.background.drained())
    assert again.window.notices.notice.sentence.startswith("1 picture was left")

    async def accept() -> None:
        again.window.notices._action.click()

    loop.run(accept())
    done(again, loop)
    assert again.settings["panel"] == "upscale"
    for folder in ("in", "b"):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == [
            "p0-2x.png",
            "p0.png",
        ]


def test_the_offer_is_withdrawn_when_the_batch_goes_on_by_a_key(
    open_studio: Callable[..., Studio], loop: Loop, tmp_path: Path
) -> None:
    first = open_studio(panel="upscale", upscale_scale="2", **SLOW)
    drop(first, loop, *pictures(tmp_path / "in", 2))
    press(first, "Ctrl+Return")
    loop.until(lambda: first.batch.running is not None)
    close(loop, first)
    again = open_studio(panel="upscale")
    loop.until(lambda: again.window.notices.notice is not None)
    press(again, "Ctrl+Return")
    loop.until(lambda: again.batch.running is not None)
    assert again.window.notices.notice is None
    press(again, "Escape")
    done(again, loop)


def test_a_file_that_can_not_be_read_is_no_progress(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    row = studio.window.upscaling.row
    for key, value in SLOW.items():
        studio.settings.set(key, value)
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(b"nothing")
    drop(studio, loop, damaged, *pictures(tmp_path / "in", 1))
    assert row.text.text() == "1 failed"
    press(studio, "Ctrl+Return")
    loop.until(lambda: studio.batch.running is not None)
    assert row.bar.value() == 0
    press(studio, "Escape")
    done(studio, loop)
