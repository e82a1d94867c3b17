"""What a person does in the window, from the first click to closing it."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studio.app.jobs import State
from studio.contract.materials import BY_KEY, UNLABELLED
from studio.document.formats import open_file
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.ui.conftest import close


def press(studio: Studio, keys: str) -> None:
    """Trigger the action that has these keys, as the window would."""
    sequence = QKeySequence(keys)
    action = next(a for a in studio.window.actions_by_key.values() if sequence in a.shortcuts())
    assert action.isEnabled()
    action.trigger()


def paint_stroke(studio: Studio) -> None:
    canvas = studio.window.canvas
    middle = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    for step in range(1, 6):
        QTest.mouseMove(canvas, middle + QPoint(8 * step, 4 * step))
    QTest.mouseRelease(
        canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle + QPoint(40, 20)
    )


def generate(studio: Studio, loop: Loop) -> None:
    press(studio, "Ctrl+Return")
    loop.until(lambda: not studio.jobs.busy)
    loop.run(studio.background.drained())


def drop(studio: Studio, loop: Loop, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(20, 20),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )

    async def let_go() -> None:
        studio.window.dropEvent(event)

    loop.run(let_go())
    loop.run(studio.background.drained())


def test_at_the_first_start_an_example_is_there_and_generate_is_lit(studio: Studio) -> None:
    assert not studio.document.is_blank
    button = studio.window.generate_row.button
    assert button.isEnabled()
    assert button.text() == "Generate"
    assert studio.settings["panel"] == "paint"
    assert studio.session.uses_map


def test_the_first_picture_is_one_click_away(studio: Studio, loop: Loop) -> None:
    QTest.mouseClick(studio.window.generate_row.button, Qt.MouseButton.LeftButton)
    loop.until(lambda: not studio.jobs.busy)
    loop.run(studio.background.drained())
    assert studio.document.picture is not None
    assert studio.document.request is not None
    assert np.array_equal(studio.document.request.label_map, studio.document.labels)
    assert len(studio.gallery.entries) == 1
    assert studio.gallery.entries[0].path.exists()


def test_previews_are_shown_and_the_progress_is_told(studio: Studio, loop: Loop) -> None:
    studio.settings.set("negative_prompt", "0.05")
    shown = []
    real = studio.window.canvas.setPreview
    studio.window.canvas.setPreview = lambda noisy, clean: (shown.append(clean), real(noisy, clean))
    press(studio, "Ctrl+Return")
    loop.until(lambda: len(shown) >= 3)
    assert studio.window.live.text.text().startswith("Step ")
    assert studio.window.live.time.text().endswith("left")
    assert 0 < studio.window.live.bar.value() < 1000
    loop.until(lambda: not studio.jobs.busy)
    assert studio.window.live.text.text().startswith("Done in")


def test_the_button_becomes_cancel_in_the_same_place(studio: Studio, loop: Loop) -> None:
    studio.settings.set("negative_prompt", "0.05")
    studio.settings.set("steps", 400)
    row = studio.window.generate_row
    before = row.button.geometry(), row.more.geometry(), studio.window.canvas.geometry()
    press(studio, "Ctrl+Return")
    loop.until(lambda: studio.jobs.current and studio.jobs.current.state is State.RUNNING)
    assert row.button.text() == "Cancel"
    assert before == (row.button.geometry(), row.more.geometry(), studio.window.canvas.geometry())
    job = studio.jobs.current
    began = time.monotonic()
    press(studio, "Esc")
    loop.until(lambda: job.over)
    assert time.monotonic() - began < 1
    assert job.state is State.CANCELLED
    assert row.button.text() == "Generate"
    assert before == (row.button.geometry(), row.more.geometry(), studio.window.canvas.geometry())


def test_more_jobs_wait_and_are_counted(studio: Studio, loop: Loop) -> None:
    studio.settings.set("negative_prompt", "0.02")
    for _ in range(3):
        press(studio, "Ctrl+Shift+Return")
    assert studio.window.generate_row.more.text() == "+2"
    press(studio, "Shift+Esc")
    assert studio.window.generate_row.more.text() == "+"
    loop.until(lambda: not studio.jobs.busy)
    loop.run(studio.background.drained())
    assert len(studio.gallery.entries) == 1


@pytest.mark.parametrize("key", ["prompt", "paint"])
def test_unknown_words_are_named_while_typing(studio: Studio, loop: Loop, key: str) -> None:
    studio.settings.set("panel", key)
    panel = studio.window.panels[key]
    line = panel.prompt.unknown if key == "prompt" else panel.unknown
    field = panel.prompt.edit if key == "prompt" else panel.prompt
    QTest.keyClicks(field, "a zorgle lake")
    loop.until(line.isVisible)
    assert "zorgle" in line.text()
    assert "lake" not in line.text()
    field.selectAll()
    QTest.keyClicks(field, "a lake")
    loop.until(line.isHidden)


def test_letters_paint_after_the_panel_was_chosen(studio: Studio) -> None:
    studio.settings.set("panel", "prompt")
    assert studio.window.panels["prompt"].prompt.edit.hasFocus()
    studio.settings.set("panel", "paint")
    assert studio.window.canvas.hasFocus()
    QTest.keyClicks(QApplication.focusWidget(), "g")
    assert studio.window.paint.tool == "fill"


def test_a_result_is_one_undoable_edit(studio: Studio, loop: Loop) -> None:
    paint_stroke(studio)
    painted = studio.document.labels.copy()
    generate(studio, loop)
    press(studio, "Ctrl+Z")
    assert studio.document.picture is None
    assert np.array_equal(studio.document.labels, painted)
    press(studio, "Ctrl+Shift+Z")
    assert studio.document.picture is not None


def test_a_saved_picture_dropped_on_the_window_restores_everything(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    paint_stroke(studio)
    wanted = {"prompt": "núi, a “quoted” lake", "steps": 7, "guidance": 4.5, "sampler": "euler_a"}
    for key, value in wanted.items():
        studio.settings.set(key, value)
    generate(studio, loop)
    painted, seed = studio.document.labels.copy(), studio.settings["seed"]
    picture = studio.document.picture
    path = tmp_path / "picture.png"
    loop.run(studio.window.files.save_to(path))
    with Image.open(path) as image:
        assert "parameters" in image.info
        assert f"Seed: {seed}" in image.info["parameters"]
    studio.document.clear()
    for key in wanted:
        studio.settings.reset(key)
    studio.settings.set("panel", "prompt")
    drop(studio, loop, path)
    assert {key: studio.settings[key] for key in wanted} == wanted
    assert (studio.settings["seed"], studio.settings["seed_locked"]) == (seed, True)
    assert studio.settings["panel"] == "paint"
    assert np.array_equal(studio.document.labels, painted)
    assert np.array_equal(studio.document.picture, picture)


def test_a_click_in_the_history_restores_the_picture_and_its_settings(
    studio: Studio, loop: Loop
) -> None:
    studio.settings.set("prompt", "first")
    generate(studio, loop)
    first, seed = studio.document.picture, studio.settings["seed"]
    studio.settings.set("prompt", "second")
    generate(studio, loop)
    assert [entry.prompt for entry in studio.gallery.entries] == ["second", "first"]

    async def click() -> None:
        studio.window.strip.chosen.emit(studio.gallery.entries[1])

    loop.run(click())
    loop.run(studio.background.drained())
    assert studio.settings["prompt"] == "first"
    assert studio.settings["seed"] == seed
    assert np.array_equal(studio.document.picture, first)


def test_the_same_seed_and_settings_give_the_same_picture(studio: Studio, loop: Loop) -> None:
    generate(studio, loop)
    first = studio.document.picture
    studio.settings.set("seed_locked", True)
    generate(studio, loop)
    assert np.array_equal(studio.document.picture, first)
    studio.settings.set("seed_locked", False)
    generate(studio, loop)
    assert not np.array_equal(studio.document.picture, first)


def test_a_picture_without_settings_offers_to_become_a_map(
    studio: Studio, loop: Loop, tmp_path: Path
) -> None:
    pixels = np.zeros((96, 128, 3), np.uint8)
    pixels[:48] = (120, 170, 235)
    pixels[48:] = (60, 120, 40)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    before = studio.document.labels.copy()
    drop(studio, loop, path)
    notice = studio.window.notices
    assert notice.isVisible()
    assert notice.notice.kind == "offer"
    assert np.array_equal(studio.document.labels, before)

    async def accept() -> None:
        notice._action.click()

    loop.run(accept())
    loop.run(studio.background.drained())
    assert len(np.unique(studio.document.labels)) >= 2
    assert not np.array_equal(studio.document.labels, before)


@pytest.mark.parametrize(
    ("key", "sky", "grass"),
    [("gaugan", "#9ceedd", "#7bc800"), ("ade20k", "#06e6e6", "#04fa07")],
)
def test_a_map_of_another_program_is_imported_and_what_matches_nothing_is_counted(
    studio: Studio, loop: Loop, tmp_path: Path, key: str, sky: str, grass: str
) -> None:
    colours = Image.new("RGB", (64, 64), sky)
    colours.paste(grass, (0, 40, 64, 64))
    path = tmp_path / "map.png"
    colours.save(path)
    loop.run(studio.window.files.import_path(path, key))
    assert studio.window.notices.notice.sentence == "map.png is now the map."
    expected = np.full((64, 64), BY_KEY["sky"].id, np.uint8)
    expected[40:] = BY_KEY["grass"].id
    assert np.array_equal(studio.document.labels, expected)
    colours.paste("#ff00ff", (0, 0, 50, 30))
    colours.save(path)
    loop.run(studio.window.files.import_path(path, key))
    expected[:30, :50] = UNLABELLED
    assert np.array_equal(studio.document.labels, expected)
    assert "1,500 pixels of map.png match no material" in studio.window.notices.notice.sentence


def test_a_picture_of_the_history_is_dragged_out_as_its_file(studio: Studio, loop: Loop) -> None:
    generate(studio, loop)
    view = studio.window.strip.view
    index = view.model().index(0, 0)
    assert view.dragEnabled()
    assert index.flags() & Qt.ItemFlag.ItemIsDragEnabled
    (url,) = view.model().mimeData([index]).urls()
    opened = open_file(Path(url.toLocalFile()))
    assert np.array_equal(opened.picture, studio.document.picture)
    assert opened.request.seed == studio.settings["seed"]


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_file_that_is_no_picture_is_one_sentence(
    studio: Studio, loop: Loop, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    before = studio.document.labels.copy()
    drop(studio, loop, path)
    assert studio.window.notices.notice.kind == "error"
    assert "broken.png" in studio.window.notices.notice.sentence
    assert np.array_equal(studio.document.labels, before)


def test_a_failure_is_a_sentence_an_action_and_folded_details(studio: Studio, loop: Loop) -> None:
    studio.settings.set("prompt", "broken")
    press(studio, "Ctrl+Return")
    loop.until(lambda: not studio.jobs.busy)
    notices = studio.window.notices
    assert notices.isVisible()
    assert "RuntimeError" in notices.notice.sentence
    assert notices.notice.hint
    assert "no such layer" in notices.notice.details
    assert not notices._details.isVisible()
    QTest.mouseClick(notices._unfold, Qt.MouseButton.LeftButton)
    assert notices._details.isVisible()
    studio.settings.set("prompt", "fine")
    press(studio, "Ctrl+Return")  # trying again takes it away
    assert not notices.isVisible()
    loop.until(lambda: not studio.jobs.busy)
    loop.run(studio.background.drained())


def test_an_engine_that_crashes_leaves_the_window_working(studio: Studio, loop: Loop) -> None:
    paint_stroke(studio)
    painted = studio.document.labels.copy()
    studio.settings.set("prompt", "crash")
    press(studio, "Ctrl+Return")
    loop.until(lambda: not studio.jobs.busy)
    assert "stopped unexpectedly" in studio.window.notices.notice.sentence
    assert np.array_equal(studio.document.labels, painted)
    studio.settings.set("prompt", "fine")
    generate(studio, loop)
    assert studio.document.picture is not None


def test_a_result_never_ends_a_stroke(studio: Studio, loop: Loop) -> None:
    studio.settings.set("negative_prompt", "0.01")
    press(studio, "Ctrl+Return")
    canvas = studio.window.canvas
    middle = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    loop.until(lambda: not studio.jobs.busy)
    assert studio.document.painting
    assert studio.document.picture is None
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    loop.until(lambda: studio.document.picture is not None)
    loop.run(studio.background.drained())


def test_closing_during_a_job_ends_cleanly(studio: Studio, loop: Loop) -> None:
    studio.settings.set("negative_prompt", "0.05")
    studio.settings.set("steps", 1000)
    press(studio, "Ctrl+Return")
    loop.until(lambda: studio.jobs.current and studio.jobs.current.state is State.RUNNING)
    began = time.monotonic()
    close(loop, studio)
    assert time.monotonic() - began < 5


def test_map_settings_and_history_are_there_at_the_next_start(
    open_studio: Callable[..., Studio], loop: Loop
) -> None:
    first = open_studio()
    paint_stroke(first)
    first.settings.set("prompt", "a lake")
    generate(first, loop)
    painted, seed = first.document.labels.copy(), first.settings["seed"]
    close(loop, first)
    second = open_studio()
    loop.run(second.background.drained())
    assert np.array_equal(second.document.labels, painted)
    assert second.settings["prompt"] == "a lake"
    assert [entry.seed for entry in second.gallery.entries] == [seed]
    assert open_file(second.gallery.entries[0].path).request.seed == seed


def test_what_was_painted_is_on_the_disk_within_seconds(studio: Studio, loop: Loop) -> None:
    paint_stroke(studio)
    assert studio.autosave.pending
    loop.until(lambda: not studio.autosave.pending, 5)
    kept = open_file(studio.places.working_map)
    assert np.array_equal(kept.labels, studio.document.labels)


def test_copy_and_paste_carry_the_picture(studio: Studio, loop: Loop) -> None:
    generate(studio, loop)
    picture = studio.document.picture
    press(studio, "Ctrl+C")
    studio.document.undo()
    loop.run(studio.window.files.take_data(QApplication.clipboard().mimeData()))
    assert np.array_equal(studio.document.picture, picture)


def test_a_portrait_map_gives_a_portrait_picture(studio: Studio, loop: Loop) -> None:
    studio.document.set_map(np.full((384, 256), 105, np.uint8))
    assert (studio.settings["width"], studio.settings["height"]) == (256, 384)
    generate(studio, loop)
    assert studio.document.picture.shape == (384, 256, 3)


def test_the_prompt_panel_works_without_the_map_unless_told(studio: Studio, loop: Loop) -> None:
    press(studio, "F6")
    generate(studio, loop)
    assert studio.document.request.label_map is None
    studio.settings.set("follow_map", True)
    generate(studio, loop)
    assert studio.document.request.label_map is not None


def test_dialogs_open_and_close(studio: Studio, loop: Loop) -> None:
    for open_it in (
        studio.window.show_shortcuts,
        studio.window.preferences,
        studio.window.show_about,
    ):
        open_it()
        loop.rest(0.02)
        dialog = QApplication.activeModalWidget()
        next(b for b in dialog.findChildren(QPushButton) if b.text() == "Close").click()
        loop.rest(0.02)
        assert QApplication.activeModalWidget() is None
