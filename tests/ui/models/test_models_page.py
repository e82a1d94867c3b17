"""The page of models as a person uses it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from studio.app.models.downloads import Phase
from studio.app.models.register import Origin, Register
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.app.models.conftest import hub
from tests.app.models.hub_server import HubServer
from tests.commands.test_models import write_model
from tests.ui.models.conftest import CARDS, opened
from tests.ui.test_work_flow import press

__all__ = ["hub"]

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def studio(open_studio: Callable[..., Studio], tree: Path, loop: Loop) -> Studio:
    return opened(open_studio, loop, listed="photo")


def page(studio: Studio):
    return studio.window.panels["models"]


def detail(studio: Studio):
    return studio.window.models.stage.detail


def choose(studio: Studio, tree: Path, name: str) -> None:
    assert page(studio).list.choose(str(tree / f"{name}.safetensors"))


def test_the_list_opens_with_the_model_in_use_and_needs_no_reading(studio: Studio) -> None:
    press(studio, "F8")
    assert studio.settings["panel"] == "models"
    assert not studio.shelf.looking
    names = [model.name for model in page(studio).list.entries.shown]
    assert names[0] == "landscape"
    assert names[-len(CARDS) :] == sorted(CARDS)
    assert detail(studio).title.text() == "Landscape"
    assert not detail(studio).remove.isVisible()
    assert not studio.window.generate_row.isVisible()
    press(studio, "F6")
    assert studio.window.generate_row.isVisible()


def test_a_search_finds_by_name_title_and_family(studio: Studio) -> None:
    press(studio, "F8")
    for words, found in (
        ("phot", ["photo"]),
        ("stable", ["deep", "either", "larger", "photo"]),
        ("zzz", []),
    ):
        page(studio).search.setText(words)
        assert [model.name for model in page(studio).list.entries.shown] == found
        assert page(studio).none.isVisible() == (not found)


def test_a_broken_file_says_why_and_cannot_be_used(studio: Studio, tree: Path) -> None:
    press(studio, "F8")
    choose(studio, tree, "page")
    assert "web page" in detail(studio).problem.text()
    assert not detail(studio).use_prompt.isVisible()
    choose(studio, tree, "style")
    assert not detail(studio).problem.isVisible()
    assert not detail(studio).use_prompt.isVisible()


def test_using_a_model_opens_its_panel_and_lets_the_engine_read_it(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    press(studio, "F8")
    choose(studio, tree, "photo")
    QTest.mouseClick(detail(studio).use_prompt, LEFT)
    assert studio.settings["panel"] == "prompt"
    assert studio.settings["model"] == str(tree / "photo.safetensors")
    loop.until(lambda: not studio.jobs.preloading)
    assert studio.window.status.model.text() == "Fake"


def test_what_the_file_does_not_tell_is_asked_once(studio: Studio, tree: Path, loop: Loop) -> None:
    press(studio, "F8")
    choose(studio, tree, "either")
    assert not detail(studio).use_prompt.isEnabled()
    button = detail(studio).predicts.buttons[1]
    QTest.mouseClick(button, LEFT)
    loop.run(studio.background.drained())
    assert detail(studio).use_prompt.isEnabled()
    assert not detail(studio).predicts.isVisible()
    again = Register(studio.places.register, studio.places.models).find("either")
    assert again is not None
    assert again.prediction == "v"
    assert studio.shelf.help_for("either").prediction == "v"


def test_removing_takes_a_folder_off_the_list_and_deletes_nothing(
    studio: Studio, tree: Path, loop: Loop
) -> None:
    press(studio, "F8")
    choose(studio, tree, "photo")
    QTest.mouseClick(detail(studio).remove, LEFT)
    loop.run(studio.background.drained())
    assert {model.origin for model in studio.shelf.models} == {Origin.BUNDLED}
    assert len(list(tree.iterdir())) == len(CARDS)
    assert detail(studio).model == studio.shelf.models[0]
    assert page(studio).list.current == studio.shelf.models[0]


def test_a_dropped_checkpoint_is_looked_into_and_shown(
    studio: Studio, tmp_path: Path, loop: Loop
) -> None:
    press(studio, "F8")
    path = write_model(tmp_path / "mine" / "small.safetensors", made=True)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )

    async def let_go() -> None:
        studio.window.dropEvent(event)

    loop.run(let_go())
    loop.until(lambda: (card := studio.shelf.card(str(path))) and card.usable, 120)
    loop.run(studio.background.drained())
    loop.until(lambda: not studio.shelf.looking)
    assert detail(studio).model.path == path
    assert detail(studio).use_prompt.isEnabled()


def test_what_is_no_model_is_one_sentence(studio: Studio, tmp_path: Path, loop: Loop) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    loop.run(studio.window.models.stage.add(tmp_path / "notes.txt"))
    assert "is no checkpoint" in studio.window.notices.notice.sentence


def test_a_download_is_shown_first_paused_resumed_and_listed(
    studio: Studio,
    loop: Loop,
    hub: HubServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    assert hub.address == constants.ENDPOINT
    weights = write_model(tmp_path / "small.safetensors")
    hub.files["who/small"] = {
        "small.safetensors": weights.read_bytes(),
        "small.yaml": weights.with_suffix(".yaml").read_bytes(),
    }
    press(studio, "F8")
    page(studio).name.setText("who/small")
    QTest.mouseClick(page(studio).look_up, LEFT)
    (item,) = studio.downloads.items
    card = studio.window.models.stage.cards[item]
    loop.until(lambda: item.phase is not Phase.LOOKING_UP, 120)
    assert item.phase is Phase.ASKING, item.sentence
    assert "licence: openrail" in card.text.text()
    assert not studio.places.models.exists()
    hub.slow = 0.02
    QTest.mouseClick(card.go, LEFT)
    loop.until(lambda: 0 < item.done < item.total, 120)
    QTest.mouseClick(card.go, LEFT)
    assert item.phase is Phase.PAUSED
    assert card.text.text().startswith("Paused at")
    arrived = item.done
    loop.rest(0.2)
    assert item.done == arrived
    hub.slow = 0.0
    hub.log.clear()
    QTest.mouseClick(card.go, LEFT)
    loop.until(lambda: not studio.downloads.items, 120)
    assert any(wanted for _, wanted in hub.log)
    loop.until(lambda: (m := studio.shelf.find("who/small")) and m.card, 120)
    loop.until(lambda: not studio.shelf.looking)
    loop.run(studio.background.drained())
    model = studio.shelf.find("who/small")
    assert model.card.usable
    page(studio).list.choose(model.key)
    QTest.mouseClick(detail(studio).remove, LEFT)
    assert model.path.exists()
    assert detail(studio).sure.isVisible()
    QTest.mouseClick(detail(studio).sure.buttons[0], LEFT)
    loop.run(studio.background.drained())
    assert not model.path.exists()
    assert studio.shelf.find("who/small") is None


def test_a_name_that_the_hub_does_not_know_says_so_in_its_place(
    studio: Studio, loop: Loop, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    item = studio.downloads.look_up("no/body")
    loop.until(lambda: item.phase is Phase.FAILED, 120)
    card = studio.window.models.stage.cards[item]
    assert "The hub has no model “no/body”" in card.text.text()
    card.stop.click()
    assert studio.downloads.items == []
