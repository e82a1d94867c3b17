"""Only the controls that the chosen model has, and what they make of a request."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.contract.catalog import Capability
from studio.contract.materials import OTHER_LABELS
from studio.contract.model_card import ModelCard
from studio.contract.open_images import KINDS
from studio.contract.request import Box, GenerateRequest
from studio.document.formats.picture import write_picture
from studio.ui.models.side import ModelsSide
from studio.ui.panels.box_page import BoxPage
from studio.ui.panels.prompt import PromptPanel
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.app.models.test_register import tensors
from tests.ui.conftest import close
from tests.ui.models.conftest import CARDS, opened
from tests.ui.test_work_flow import drop, generate, press

LEFT = Qt.MouseButton.LeftButton
SOURCE = np.full((96, 192, 3), 90, np.uint8)


@pytest.fixture
def studio(open_studio: Callable[..., Studio], tree: Path, loop: Loop) -> Studio:
    return opened(open_studio, loop, panel="prompt", listed="photo")


def use(studio: Studio, tree: Path, name: str) -> PromptPanel:
    studio.settings.set("model", str(tree / f"{name}.safetensors"))
    return studio.window.panels["prompt"]


def shown(panel: PromptPanel) -> set[str]:
    parts = {
        "prompt": panel.prompt,
        "negative": panel.negative,
        "classes": panel.classes,
        "source": panel.source,
        "map": panel.follow,
        "guidance": panel.recipe.guidance,
        "size": panel.recipe.size_controls,
        "boxes": panel.boxes,
        "loras": panel.loras,
        "depth": panel.depth_picture,
        "noise": panel.source.noise,
        "map strength": panel.map_strength,
    }
    return {name for name, part in parts.items() if part.isVisibleTo(panel)}


def test_a_model_shows_the_controls_it_has_and_no_others(studio: Studio, tree: Path) -> None:
    panel = studio.window.panels["prompt"]
    assert shown(panel) == {"prompt", "negative", "source", "map", "guidance", "size"}
    use(studio, tree, "photo")
    photo = {"prompt", "negative", "source", "guidance", "size"}
    assert shown(panel) == photo
    use(studio, tree, "classes")
    assert shown(panel) == {"classes", "source", "size"}
    use(studio, tree, "labels")
    assert shown(panel) == {"source", "map", "size"}
    use(studio, tree, "layout")
    assert shown(panel) == {"boxes", "source", "size"}
    use(studio, tree, "deep")
    assert shown(panel) == {*photo, "loras", "depth"}
    use(studio, tree, "larger")
    assert shown(panel) == {"prompt", "negative", "source", "guidance", "noise"}


def test_a_request_holds_nothing_that_the_model_has_no_use_for(studio: Studio, tree: Path) -> None:
    for key, value in (("prompt", "a lake"), ("negative_prompt", "fog"), ("guidance", 4.0),
                       ("class_id", 207), ("follow_map", True)):  # fmt: skip
        studio.settings.set(key, value)
    use(studio, tree, "photo")
    photo = studio.session.request()
    assert (photo.prompt, photo.negative_prompt, photo.guidance) == ("a lake", "fog", 4.0)
    assert (photo.class_id, photo.label_map) == (None, None)
    use(studio, tree, "classes")
    classes = studio.session.request()
    assert (classes.prompt, classes.negative_prompt, classes.guidance) == ("", "", None)
    assert classes.class_id == 207
    use(studio, tree, "labels")
    assert studio.session.request().label_map is not None


def test_the_picker_offers_what_makes_pictures(studio: Studio, tree: Path) -> None:
    picker = studio.window.panels["prompt"].picker
    names = [picker.combo.itemText(row) for row in range(picker.combo.count())]
    assert names == [
        "Landscape",
        "classes",
        "deep",
        "either",
        "labels",
        "larger",
        "layout",
        "photo",
    ]
    picker.combo.setCurrentIndex(7)
    picker.combo.activated.emit(7)
    assert studio.settings["model"] == str(tree / "photo.safetensors")
    assert studio.window.panels["paint"].picker.combo.currentText() == "photo"
    assert "Stable Diffusion" in picker.about.text()


def test_what_the_file_does_not_tell_is_asked_before_it_is_used(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    panel = use(studio, tree, "either")
    press(studio, "Ctrl+Return")
    assert "does not tell whether" in studio.window.notices.notice.sentence
    assert not studio.jobs.busy
    QTest.mouseClick(panel.picker.question.buttons[0], LEFT)
    loop.run(studio.background.drained())
    assert not panel.picker.question.isVisible()
    generate(studio, loop)
    assert studio.document.picture is not None


def test_a_broken_model_and_a_missing_one_are_sentences(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    panel = use(studio, tree, "page")
    assert "web page" in panel.picker.problem.text()
    press(studio, "Ctrl+Return")
    assert "web page" in studio.window.notices.notice.sentence
    studio.settings.set("model", "/elsewhere/gone.safetensors")
    assert "not here" in panel.picker.problem.text()
    assert panel.picker.combo.currentText() == "gone.safetensors"


def test_a_class_is_found_by_name_or_number(studio: Studio, tree: Path, loop: Loop) -> None:
    panel = use(studio, tree, "classes")
    picker = panel.classes
    picker.search.setText("207")
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert studio.settings["class_id"] == 207
    assert picker.chosen.text() == "Class 207"
    (tree / "classes.txt").write_text("tench\ngoldfish\ngreat white shark\n")
    panel.show_card(CARDS["classes"])
    picker.search.setText("WHITE")
    assert picker.list.model().rowCount() == 1
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert studio.settings["class_id"] == 2
    assert picker.chosen.text() == "2  great white shark"
    assert studio.session.request().class_id == 2
    picker.search.setText("")
    assert picker.list.model().rowCount() == 1000


def stroke(studio: Studio) -> None:
    canvas = studio.window.canvas
    middle = canvas.rect().center()
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mouseMove(canvas, middle + QPoint(30, 0))
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, middle + QPoint(30, 0))


def test_a_source_is_dropped_masked_on_the_canvas_and_sent(
    studio: Studio, tree: Path, loop: Loop, tmp_path: Path
) -> None:
    panel = use(studio, tree, "photo")
    assert not studio.window.canvas.masking
    Image.fromarray(SOURCE).save(tmp_path / "photo.png")
    side: ModelsSide = studio.window.models
    loop.run(side.take_source(tmp_path / "photo.png"))
    assert np.array_equal(studio.document.source, SOURCE)
    assert studio.window.canvas.masking
    assert panel.source.strength.isVisible()
    assert panel.source.mask_tools.isVisible()
    assert studio.settings["width"] == 2 * studio.settings["height"]
    before = studio.document.labels.copy()
    stroke(studio)
    assert np.array_equal(studio.document.labels, before)
    assert not studio.document.mask.is_blank
    studio.settings.set("strength", 0.5)
    request = studio.session.request()
    assert np.array_equal(request.source, SOURCE)
    assert request.mask.shape == SOURCE.shape[:2]
    assert request.strength == 0.5
    press(studio, "Ctrl+Z")
    assert studio.session.request().mask is None
    press(studio, "F5")
    assert not studio.window.canvas.masking
    assert studio.session.request().source is None
    press(studio, "F6")
    QTest.mouseClick(panel.source.clear, LEFT)
    assert studio.document.source is None
    assert not panel.source.strength.isVisible()


def test_the_picture_shown_and_one_of_the_history_become_sources(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    panel = use(studio, tree, "photo")
    assert not panel.source.take_result.isEnabled()
    generate(studio, loop)
    assert panel.source.take_result.isEnabled()
    QTest.mouseClick(panel.source.take_result, LEFT)
    assert np.array_equal(studio.document.source, studio.document.picture)
    studio.document.set_source(None)
    (entry,) = studio.gallery.entries

    async def choose() -> None:
        studio.window.strip.source_wanted.emit(entry)

    loop.run(choose())
    loop.run(studio.background.drained())
    assert np.array_equal(studio.document.source, studio.document.picture)


def test_a_picture_without_settings_offers_to_be_the_source(
    studio: Studio, tree: Path, loop: Loop, tmp_path: Path
) -> None:
    use(studio, tree, "photo")
    Image.fromarray(SOURCE).save(tmp_path / "photo.png")
    drop(studio, loop, tmp_path / "photo.png")
    notice = studio.window.notices.notice
    assert notice.action == "Start from it"
    notice.act()
    assert np.array_equal(studio.document.source, SOURCE)


def test_a_picture_brings_back_model_source_mask_and_class(
    studio: Studio, tree: Path, loop: Loop, tmp_path: Path
) -> None:
    mask = np.zeros(SOURCE.shape[:2], np.uint8)
    mask[20:40] = 255
    request = GenerateRequest(model="/another/computer/photo.safetensors", source=SOURCE,
                              mask=mask, strength=0.4, class_id=3, steps=4)  # fmt: skip
    write_picture(tmp_path / "made.png", SOURCE, request)
    drop(studio, loop, tmp_path / "made.png")
    assert studio.settings["model"] == str(tree / "photo.safetensors")
    assert studio.settings["panel"] == "prompt"
    assert studio.settings["strength"] == 0.4
    again = studio.session.request()
    assert np.array_equal(again.source, SOURCE)
    assert np.array_equal(again.mask, mask)
    gone = replace(request, model="/another/computer/gone.safetensors")
    write_picture(tmp_path / "gone.png", SOURCE, gone)
    drop(studio, loop, tmp_path / "gone.png")
    assert studio.settings["model"] == "/another/computer/gone.safetensors"
    assert "not here" in studio.window.panels["prompt"].picker.problem.text()
    assert "gone.safetensors”, which is not here" in studio.window.notices.notice.sentence


def test_paint_offers_every_label_to_models_that_know_them(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    press(studio, "F5")
    painting = studio.window.panels["paint"].painting
    assert not painting.labels.isVisible()
    use(studio, tree, "labels")
    assert painting.labels.isVisible()
    assert painting.labels.model().rowCount() == len(OTHER_LABELS) == 162
    painting.search.setText("skyscr")
    QTest.keyClick(painting.search, Qt.Key.Key_Return)
    assert studio.window.paint.material == 157
    stroke(studio)
    assert (studio.document.labels == 157).any()
    studio.settings.set("model", "landscape")
    assert not painting.labels.isVisible()
    assert studio.window.paint.material != 157


def test_paint_says_that_a_model_takes_no_map(studio: Studio, tree: Path) -> None:
    press(studio, "F5")
    page = studio.window.panels["paint"]
    use(studio, tree, "photo")
    assert page.no_map.isVisible()
    assert not page.painting.isVisible()
    QTest.mouseClick(page.no_map.buttons[0], LEFT)
    assert studio.settings["model"] == "landscape"
    assert page.painting.isVisible()


def test_source_and_mask_are_there_at_the_next_start(
    open_studio: Callable[..., Studio], tree: Path, loop: Loop
) -> None:
    first = open_studio(panel="prompt", model=str(tree / "photo.safetensors"))
    first.document.set_source(SOURCE)
    stroke(first)
    mask = first.document.mask.labels.copy()
    assert not first.document.mask.is_blank
    close(loop, first)
    second = open_studio()
    loop.until(lambda: second.window.canvas.masking)
    assert np.array_equal(second.document.source, SOURCE)
    assert np.array_equal(second.document.mask.labels, mask)
    assert second.window.panels["prompt"].source.clear.isEnabled()
    assert second.session.request().mask is not None


def test_lora_files_are_offered_weighed_and_sent(
    studio: Studio, tree: Path, loop: Loop, tmp_path: Path
) -> None:
    for name in ("Snow", "ink"):
        tensors(tree / "loras" / f"{name}.safetensors")
    loop.run(studio.shelf.refresh())
    panel = use(studio, tree, "deep").loras
    offered = [panel.combo.itemText(row) for row in range(panel.combo.count())]
    assert offered == ["ink", "Snow", "style", "Choose a file…"]
    panel.combo.activated.emit(1)
    panel.combo.activated.emit(1)
    panel.combo.activated.emit(0)
    ink, snow = (str(tree / "loras" / f"{name}.safetensors") for name in ("ink", "Snow"))
    assert studio.session.request().loras == ((snow, 1.0), (ink, 1.0))
    panel.rows[0].weight.number.setValue(0.5)
    assert studio.session.request().loras == ((snow, 0.5), (ink, 1.0))
    QTest.mouseClick(panel.rows[1].remove, LEFT)
    assert [row.name for row in panel.rows] == [snow]
    elsewhere = GenerateRequest(
        model=str(tree / "deep.safetensors"), depth=SOURCE[..., 0],
        loras=(("C:\\loras\\INK.safetensors", 0.7), ("/gone/away.safetensors", 1.5)),
    )  # fmt: skip
    write_picture(tmp_path / "made.png", SOURCE, elsewhere)
    drop(studio, loop, tmp_path / "made.png")
    assert studio.session.request().loras == ((ink, 0.7), ("/gone/away.safetensors", 1.5))
    assert [row.missing.isVisibleTo(panel) for row in panel.rows] == [False, True]
    use(studio, tree, "photo")
    assert studio.session.request().loras == ()


def drag(page: BoxPage, start: tuple[float, float], end: tuple[float, float]) -> None:
    one, other = (
        QPoint(round(x * page.width()), round(y * page.height())) for x, y in (start, end)
    )
    QTest.mousePress(page, LEFT, Qt.KeyboardModifier.NoModifier, one)
    QTest.mouseMove(page, (one + other) / 2)
    QTest.mouseMove(page, other)
    QTest.mouseRelease(page, LEFT, Qt.KeyboardModifier.NoModifier, other)


def sides(box: Box) -> tuple[float, ...]:
    return tuple(round(side, 1) for side in (box.left, box.top, box.right, box.bottom))


def test_boxes_are_drawn_moved_resized_named_and_sent(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    panel = use(studio, tree, "layout").boxes
    page = panel.page
    panel.kind.setEditText("zebr")
    QTest.keyClick(panel.kind.lineEdit(), Qt.Key.Key_Return)
    assert panel.kind.currentText() == "Zebra"
    drag(page, (0.1, 0.1), (0.5, 0.5))
    panel.kind.setEditText("no such thing")
    QTest.keyClick(panel.kind.lineEdit(), Qt.Key.Key_Return)
    assert panel.kind.currentText() == "Zebra"
    (box,) = studio.session.request().boxes
    assert (KINDS[box.label], sides(box)) == ("Zebra", (0.1, 0.1, 0.5, 0.5))
    drag(page, (0.3, 0.3), (0.6, 0.3))
    assert [sides(box) for box in studio.document.boxes] == [(0.4, 0.1, 0.8, 0.5)]
    drag(page, (0.8, 0.5), (1.0, 0.9))
    assert [sides(box) for box in studio.document.boxes] == [(0.4, 0.1, 1.0, 0.9)]
    drag(page, (0.05, 0.05), (0.3, 0.3))
    panel.kind.setCurrentIndex(panel.kind.findText("Dog"))
    panel.kind.activated.emit(panel.kind.currentIndex())
    assert [KINDS[box.label] for box in studio.document.boxes] == ["Zebra", "Dog"]
    QTest.keyClick(page, Qt.Key.Key_Down)
    assert studio.document.boxes[1].top > 0.05
    generate(studio, loop)
    assert studio.document.request.boxes == studio.document.boxes
    QTest.keyClick(page, Qt.Key.Key_Delete)
    assert [KINDS[box.label] for box in studio.document.boxes] == ["Zebra"]
    press(studio, "Ctrl+Z")
    assert [KINDS[box.label] for box in page.boxes] == ["Zebra", "Dog"]
    use(studio, tree, "photo")
    assert studio.session.request().boxes == ()


def test_a_depth_picture_is_chosen_shown_and_sent(
    studio: Studio, tree: Path, loop: Loop, tmp_path: Path
) -> None:
    panel = use(studio, tree, "deep").depth_picture
    deep = np.linspace(1000, 3000, 96 * 192).reshape(96, 192).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "depth.png")
    loop.run(studio.window.models.take_depth(tmp_path / "depth.png"))
    depth = studio.session.request().depth
    assert depth.shape == (96, 192)
    assert (depth.min(), depth.max()) == (0, 255)
    QTest.mouseClick(panel.clear, LEFT)
    assert studio.session.request().depth is None
    (tmp_path / "page.png").write_text("<html>")
    loop.run(studio.window.models.take_depth(tmp_path / "page.png"))
    assert "page.png" in studio.window.notices.notice.sentence


def test_noise_and_map_strength_are_sent_to_models_that_know_them(
    studio: Studio, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = use(studio, tree, "larger")
    assert panel.source.noise.number.value() == 20
    assert studio.session.request().noise_level is None
    panel.source.noise.number.setValue(40)
    assert studio.session.request().noise_level == 40
    use(studio, tree, "photo")
    assert studio.session.request().noise_level is None
    steered = replace(CARDS["photo"], capabilities=(*CARDS["photo"].capabilities,
                      Capability.MAP, Capability.MAP_STRENGTH))  # fmt: skip
    monkeypatch.setattr(studio.shelf, "card", lambda _name: steered)
    panel.show_card(steered)
    assert panel.map_strength.isVisibleTo(panel)
    panel.map_strength.number.setValue(0.5)
    page = studio.window.panels["paint"]
    assert not page.map_strength.isVisibleTo(page)
    page.show_card(steered)
    assert page.map_strength.isVisibleTo(page)
    assert page.map_strength.value() == 0.5
    assert studio.session.request().map_strength == 0.5


def test_strokes_on_the_mask_need_a_model_that_masks(
    studio: Studio, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(studio, tree, "photo")
    studio.document.set_source(SOURCE)
    assert studio.window.canvas.masking
    plain = replace(CARDS["photo"], capabilities=("text",))

    def card(_name: str) -> ModelCard:
        return plain

    monkeypatch.setattr(studio.shelf, "card", card)
    studio.settings.set("model", "landscape")
    assert not studio.window.canvas.masking
