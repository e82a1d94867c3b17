"""``latent-studio models list``, ``add`` and ``remove``, with a hub on this computer."""

from pathlib import Path

import pytest

from studio.app.places import Places
from studio.cli import main
from tests.app.models.conftest import hub
from tests.app.models.hub_server import HubServer
from tests.commands.test_models import write_model

__all__ = ["hub"]


def models(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main(["models", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


def test_a_file_is_listed_until_it_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_model(tmp_path / "small.safetensors")
    status, out, _ = models(capsys, "add", path)
    assert status == 0
    assert out.startswith("small\t")
    _, out, _ = models(capsys, "list")
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows[0][0] == "landscape"
    assert (rows[-1][0], rows[-1][3]) == ("small", str(path))
    status, out, _ = models(capsys, "remove", "small")
    assert (status, path.exists()) == (0, True)
    assert "its files stay where they are" in out
    status, _, err = models(capsys, "remove", "small")
    assert status == 2
    assert "There is no model “small”" in err
    status, _, err = models(capsys, "remove", "landscape")
    assert (status, "comes with the studio" in err) == (2, True)


def test_a_model_on_the_list_is_used_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models(capsys, "add", write_model(tmp_path / "small.safetensors"))
    picture = tmp_path / "out.png"
    status = main(["generate", "-o", str(picture), "--model", "small", "--size", "64x64",
                   "--steps", "1", "--seed", "1"])  # fmt: skip
    assert (status, picture.exists()) == (0, True), capsys.readouterr().err


def test_a_broken_file_is_listed_with_its_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.ckpt").write_text("<html>")
    status, out, err = models(capsys, "add", tmp_path / "page.ckpt")
    assert (status, "None of it can be used" in err) == (2, True)
    assert "web page" in out
    assert "web page" in models(capsys, "list")[1]


def test_a_model_is_fetched_after_consent_only(
    hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = write_model(tmp_path / "small.safetensors")
    beside = weights.with_suffix(".yaml").read_bytes()
    hub.files["who/small"] = {"small.safetensors": weights.read_bytes(), "small.yaml": beside}
    status, out, err = models(capsys, "add", "who/small")
    assert (status, "licence: openrail" in out) == (2, True)
    assert "--yes" in err
    status, out, err = models(capsys, "add", "who/small", "--yes")
    assert status == 0, err
    folder = Places.of_this_person().models / "who--small"
    assert (folder / "small.safetensors").read_bytes() == weights.read_bytes()
    assert "who/small" in models(capsys, "list")[1]
    status, _, err = models(capsys, "remove", "who/small")
    assert (status, folder.exists()) == (2, True)
    assert models(capsys, "remove", "who/small", "--yes")[0] == 0
    assert not folder.exists()


def test_what_cannot_be_had_is_one_sentence(
    hub: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("no/body", "who/words", "nowhere.ckpt", "https://evil.example/x/y"):
        status, _, err = models(capsys, "add", name, "--yes")
        assert status == 2
        assert len(err.splitlines()) == 1
