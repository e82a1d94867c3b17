"""Upscalers of other families in the window: found, chosen, used, and only their controls shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from studio.app.models.register import Register
from studio.app.places import Places
from studio.app.upscale_batch import Phase
from studio.app.upscale_wishes import batch_settings_of
from studio.contract.upscaling import UpscaleMode
from studio.pictures.batch import ItemState
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.app.test_upscale_batch import pictures
from tests.foreign_upscalers import compact, write_pth
from tests.ui.test_work_flow import press


@pytest.fixture
def upscaler(tmp_path: Path, places: Places) -> Path:
    path = write_pth(tmp_path / "ComfyUI" / "upscale_models" / "2x-drawings.pth",
                     compact(2).state_dict())  # fmt: skip
    Register(places.made().register, places.models).add(path.parent.parent)
    return path


def opened(
    open_studio: Callable[..., Studio], loop: Loop, *there: Path, **settings: object
) -> Studio:
    """The studio, when it has looked into the files that are ``there``."""
    studio = open_studio("studio.engine", **settings)
    loop.until(
        lambda: set(there) <= {model.path for model in studio.shelf.models if model.card}, 150
    )
    loop.run(studio.background.drained())
    return studio


def controls(studio: Studio):
    return studio.window.panels["upscale"].controls


def test_nothing_is_asked_where_there_is_one_upscaler(
    open_studio: Callable[..., Studio], loop: Loop
) -> None:
    studio = opened(open_studio, loop, panel="upscale")
    assert not controls(studio).picker.isVisible()
    assert controls(studio).mode.isVisible()
    assert controls(studio).repair.isVisible()


def test_from_the_list_of_models_to_a_larger_picture(
    open_studio: Callable[..., Studio], loop: Loop, upscaler: Path, tmp_path: Path
) -> None:
    studio = opened(
        open_studio, loop, upscaler, panel="upscale", upscale_mode="vivid", upscale_scale="4"
    )
    picker = controls(studio).picker
    assert picker.isVisible()
    assert [picker.combo.itemText(row) for row in range(picker.combo.count())] == [
        "Upscale x4", "2x-drawings",
    ]  # fmt: skip
    press(studio, "F8")
    page, detail = studio.window.panels["models"], studio.window.models.stage.detail
    assert page.list.choose(str(upscaler))
    assert "RealESRGAN Compact, 2×" in detail.kind.text()
    assert "Makes pictures of any size larger" in detail.can.text()
    assert not detail.use_prompt.isVisible()
    detail.use_upscale.click()
    assert studio.settings["panel"] == "upscale"
    assert studio.settings["upscale_model"] == str(upscaler)
    assert picker.combo.currentText() == "2x-drawings"
    for control in (controls(studio).mode, controls(studio).strength, controls(studio).repair):
        assert not control.isVisible()
    assert batch_settings_of(studio.settings).mode is UpscaleMode.FAITHFUL

    (source,) = pictures(tmp_path / "in", 1)
    loop.run(studio.batch.add([source]))
    press(studio, "Ctrl+Return")
    loop.until(lambda: studio.batch.phase is Phase.RUNNING)
    loop.until(lambda: studio.batch.phase is Phase.IDLE and studio.batch.running is None, 120)
    loop.run(studio.background.drained())
    (file,) = studio.batch.files
    assert file.state is ItemState.DONE, file.sentence
    assert not file.notices
    with Image.open(source) as before, Image.open(file.target) as after:
        assert after.size == (4 * before.width, 4 * before.height)

    picker.combo.setCurrentIndex(0)
    picker.combo.activated.emit(0)
    assert controls(studio).mode.isVisible()
    assert batch_settings_of(studio.settings).mode is UpscaleMode.VIVID


def test_one_that_is_gone_is_said_and_does_not_stop_the_window(
    open_studio: Callable[..., Studio], loop: Loop, upscaler: Path
) -> None:
    studio = opened(open_studio, loop, upscaler, panel="upscale", upscale_model=str(upscaler))
    assert controls(studio).picker.combo.currentText() == "2x-drawings"
    upscaler.unlink()
    loop.run(studio.shelf.refresh())
    picker = controls(studio).picker
    assert picker.combo.currentText() == "2x-drawings.pth"
    assert "is not here" in picker.problem.text()
    press(studio, "F8")
    press(studio, "F7")
    picker.manage.click()
    assert studio.settings["panel"] == "models"
