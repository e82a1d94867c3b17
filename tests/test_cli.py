"""The command line as a person meets it: real processes, their status and what they print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

PROJECT = Path(__file__).resolve().parent.parent


def studio(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m studio`` without a display."""
    surroundings = {**os.environ, "PYTHONPATH": str(PROJECT), **environment}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        if name not in environment:
            surroundings.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "studio", *map(str, arguments)],
        env=surroundings, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a command that was refused."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a picture would go; nothing may be there after a refusal."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "picture.png"


def test_help_and_version_need_neither_torch_nor_qt_nor_numpy() -> None:
    for arguments in (["--help"], ["generate", "--help"], ["--version"]):
        code = (
            "import sys\nfrom studio.cli import main\n"
            f"try:\n    main({arguments})\nexcept SystemExit as end:\n    assert end.code == 0\n"
            "heavy = {'torch', 'PySide6', 'numpy', 'PIL'} & set(sys.modules)\n"
            "assert not heavy, heavy"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_version_names_the_program() -> None:
    assert studio("--version").stdout.startswith("Latent Studio")


def test_no_display_is_a_sentence() -> None:
    sentence = refused(studio())
    assert "no display" in sentence
    assert "latent-studio generate" in sentence


def test_a_display_that_does_not_answer_is_a_sentence() -> None:
    assert "“:9876” does not answer" in refused(studio(DISPLAY=":9876"))


def test_qt_without_its_libraries_is_a_sentence(tmp_path: Path) -> None:
    """A machine without libEGL: Qt's import fails as it does there."""
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text(
        "raise ImportError('libEGL.so.1: cannot open shared object file')"
    )
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes\n"
        "class CDLL(ctypes.CDLL):\n"
        "    def __init__(self, name=None, *rest, **more):\n"
        "        if name and name.startswith('libEGL'):\n"
        "            raise OSError(name)\n"
        "        super().__init__(name, *rest, **more)\n"
        "ctypes.CDLL = CDLL\n"
    )
    path = os.pathsep.join([str(tmp_path), str(PROJECT)])
    sentence = refused(studio(PYTHONPATH=path, QT_QPA_PLATFORM="offscreen"))
    assert "libegl1" in sentence or "libEGL" in sentence


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--sampler", "magic"], "choose one of dpmpp_2m"),
        (["--spacing", "magic"], "choose one of trailing"),
        (["--size", "big"], "WIDTHxHEIGHT"),
        (["--size", "0x64"], "positive"),
        (["--seed", "-1"], "between 0 and 4294967295"),
        (["--seed", "x"], "--seed"),
        (["--steps", "0"], "1 to 1000 steps"),
        (["--guidance", "-3"], "between 0 and 100"),
        (["--guidance", "nan"], "between 0 and 100"),
        (["--count", "0"], "1 to 64"),
        (["--eta", "2"], "Eta"),
        (["--map", "missing.png"], "no file “missing.png”"),
        (["--frobnicate"], "--help"),
    ],
)
def test_a_wrong_setting_is_a_sentence(arguments: list[str], word: str, out: Path) -> None:
    assert word in refused(studio("generate", "a lake", "-o", out, *arguments))
    assert list(out.parent.iterdir()) == []


def test_something_to_paint_is_needed(out: Path) -> None:
    assert "a prompt, a label map" in refused(studio("generate", "-o", out))


def test_unknown_colours_in_a_map_are_counted(tmp_path: Path, out: Path) -> None:
    colours = Image.new("RGB", (64, 64), "#9ceedd")
    colours.paste("#ff00ff", (0, 0, 10, 7))
    colours.save(tmp_path / "map.png")
    assert "70 pixels" in refused(studio("generate", "--map", tmp_path / "map.png", "-o", out))


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "not a PNG"), (b"\x89PNG\r\n\x1a\nbroken", "damaged"), (b"plain text", "not a PNG")],
)
def test_a_map_that_is_none_is_a_sentence(
    tmp_path: Path, out: Path, content: bytes, word: str
) -> None:
    (tmp_path / "map.png").write_bytes(content)
    assert word in refused(studio("generate", "--map", tmp_path / "map.png", "-o", out))


def test_places_that_cannot_be_written_are_sentences(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "not a folder" in refused(studio("generate", "x", "-o", file / "picture.png"))
    assert "not a folder" in refused(studio("generate", "x", "-o", file / "deep" / "picture.png"))
    assert "is a folder" in refused(studio("generate", "x", "-o", _folder(tmp_path / "f.png")))
    assert ".png" in refused(studio("generate", "x", "-o", tmp_path / "picture.jpg"))
    assert "not a folder" in refused(studio("worlds", "-o", file))
    frames = ["--frames", file]
    assert "not a folder" in refused(studio("generate", "x", "-o", tmp_path / "x.png", *frames))


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_worlds_refuses_what_it_cannot_draw(tmp_path: Path) -> None:
    assert "1 to 100000" in refused(studio("worlds", "-o", tmp_path, "--count", "0"))
    assert "WIDTHxHEIGHT" in refused(studio("worlds", "-o", tmp_path, "--size", "x"))
    assert "seed" in refused(studio("worlds", "-o", tmp_path, "--seed", "-4"))


def test_what_went_wrong_is_in_the_log(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refused(studio("generate", "-o", tmp_path / "x.png", LATENT_STUDIO_HOME=str(home)))
    assert "Say what to paint" in (home / "logs" / "studio.log").read_text()


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    done = studio("models", "list", LATENT_STUDIO_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
