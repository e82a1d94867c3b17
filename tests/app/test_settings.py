"""Settings survive restarts, crashes in the middle of writing, and other people's files."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from studio.app.settings import Settings


@pytest.fixture
def file(tmp_path: Path, application) -> Path:
    return tmp_path / "config" / "settings.json"


def test_what_is_set_is_there_the_next_time(file: Path) -> None:
    settings = Settings(file)
    settings.set("prompt", "hồ và núi")
    settings.set("steps", 7)
    assert settings.save()
    again = Settings(file)
    assert (again["prompt"], again["steps"]) == ("hồ và núi", 7)
    assert list(file.parent.iterdir()) == [file]


def test_only_what_differs_from_the_defaults_is_written(file: Path) -> None:
    settings = Settings(file)
    settings.set("count", 4)
    settings.save()
    assert json.loads(file.read_text()) == {"count": 4}


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "\x00\x01"])
def test_a_damaged_file_is_kept_aside_and_the_defaults_apply(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    assert Settings(file)["count"] == 1
    assert file.with_name("settings.json.damaged").read_text() == content


def test_single_bad_values_do_not_spoil_the_others(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"count": 3, "steps": "many", "theme": "pink", "unknown": 1, "eta": true}')
    settings = Settings(file)
    assert (settings["count"], settings["steps"], settings["theme"]) == (3, None, "system")
    assert settings["eta"] == 0


def test_numbers_are_brought_into_range(application) -> None:
    settings = Settings()
    settings.set("guidance", 1000)
    assert settings["guidance"] == 100
    settings.set("guidance", 4)
    assert isinstance(settings["guidance"], float)


def test_watchers_hear_of_real_changes_while_their_owner_lives(application) -> None:
    settings, owner, heard = Settings(), QObject(), []
    settings.watch("count", owner, heard.append)
    settings.set("count", 2)
    settings.set("count", 2)
    assert heard == [1, 2]
    owner.deleteLater()
    application.sendPostedEvents(None, 52)
    settings.set("count", 3)
    assert heard == [1, 2]


def test_a_disk_that_refuses_does_no_harm(tmp_path: Path, application) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    settings = Settings(tmp_path / "config" / "settings.json")
    settings.set("count", 2)
    assert not settings.save()
    assert settings["count"] == 2
