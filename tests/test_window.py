"""The studio as a person starts it: a real window, real keys, a real picture."""

import json
from pathlib import Path

import psutil
import pytest
from PIL import Image

from studio.app.models.register import Register
from studio.app.places import Places
from studio.document.formats.picture import read_picture
from studio.pictures.batch import BatchItem, BatchPlan
from studio.pictures.batch_settings import BatchSettings, IfThere
from studio.pictures.journal import Journal
from tests.real_window import RealWindow

_GONE_SECONDS = 5.0

pytestmark = pytest.mark.window


def chosen(window: RealWindow, **settings: object) -> None:
    """Settings as an earlier sitting would have left them."""
    folder = window.home / "config"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


def pictures(window: RealWindow) -> list[Path]:
    return list((window.home / "data" / "history").rglob("*.png"))


def engine_of(window: RealWindow) -> list[str]:
    """The processes that the studio has started."""
    assert window.process is not None
    pid = window.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def greys(window: RealWindow) -> int:
    """How many shades the display shows; an empty one shows one."""
    return len(window.screenshot().convert("L").getcolors())


def test_a_key_paints_a_picture_and_another_ends_the_studio(
    real_window: RealWindow, tiny_model: Path
) -> None:
    chosen(real_window, model=str(tiny_model), steps=3, width=64, height=64)
    real_window.start()
    real_window.wait_for(lambda: greys(real_window) > 32, "a painted window")
    real_window.key("ctrl+Return")
    real_window.wait_for(lambda: pictures(real_window), "a picture in the history", 120)
    assert real_window.close(60) == 0
    assert "Traceback" not in real_window.said()


def test_files_left_over_are_enlarged_with_two_keys(
    real_window: RealWindow, tiny_model: Path, tiny_upscaler: Path, tmp_path: Path
) -> None:
    """F7 opens the panel, Ctrl+Enter goes on with what an earlier sitting left."""
    source = tmp_path / "photo.png"
    Image.effect_noise((40, 30), 60).convert("RGB").save(source)
    chosen(real_window, model=str(tiny_model), upscale_model=str(tiny_upscaler))
    left = BatchPlan(
        settings=BatchSettings(
            model=str(tiny_upscaler), folder=tmp_path / "out", if_there=IfThere.KEEP_BOTH
        ),
        items=(BatchItem(source=source),),
    )
    Journal.start(Places.inside(real_window.home).batch, left)
    real_window.start()
    real_window.wait_for(lambda: greys(real_window) > 32, "a painted window")
    # The engine's process, and the one that reads the pictures of the list that was taken up.
    studio = psutil.Process(real_window.process.pid)
    real_window.wait_for(lambda: len(studio.children()) > 1, "what was left over")
    real_window.key("F7", "ctrl+Return")
    made = tmp_path / "out" / "photo-4x.png"
    real_window.wait_for(made.exists, "the enlarged picture", 120)
    assert Image.open(made).size == (160, 120)
    assert real_window.close(60) == 0
    assert "Traceback" not in real_window.said()


def test_closing_during_a_job_ends_cleanly(real_window: RealWindow, tiny_model: Path) -> None:
    chosen(real_window, model=str(tiny_model), steps=30, count=64, width=64, height=64)
    real_window.start()
    real_window.wait_for(lambda: greys(real_window) > 32, "a painted window")
    real_window.key("ctrl+Return")
    real_window.wait_for(lambda: pictures(real_window), "the first of many pictures", 120)
    assert real_window.close(_GONE_SECONDS) == 0
    assert real_window.said() == ""


def test_a_polite_kill_while_the_model_loads_ends_cleanly(real_window: RealWindow) -> None:
    real_window.start()
    real_window.wait_for(lambda: engine_of(real_window), "the engine's process")
    assert real_window.terminate(_GONE_SECONDS) == 0
    assert real_window.said() == ""


def test_a_checkpoint_of_the_person_is_found_and_makes_a_picture(
    real_window: RealWindow, tmp_path: Path
) -> None:
    """The window looks into the file by itself, and the class reaches the engine."""
    from tests.tiny_checkpoints import write_classes  # only this test needs the references

    path = write_classes(tmp_path / "ComfyUI" / "models" / "checkpoints" / "cin.safetensors")
    data = real_window.home / "data"
    Register(data / "models.json", data / "models").add(tmp_path / "ComfyUI")
    chosen(real_window, model=str(path), panel="prompt", class_id=7, steps=2, width=64, height=64)
    real_window.start()
    real_window.wait_for(lambda: greys(real_window) > 32, "a painted window")
    known = Register(data / "models.json", data / "models")
    real_window.wait_for(lambda: known.models()[-1].card, "a look into the file", 120)
    real_window.key("ctrl+Return")
    made = real_window.wait_for(lambda: pictures(real_window), "a picture in the history", 120)
    request = read_picture(made[0]).request
    assert request is not None
    assert (request.model, request.class_id) == (str(path), 7)
    assert real_window.close(60) == 0
    assert real_window.said() == ""
