"""``latent-studio upscale``: files, folders, refusals, interruptions and going on."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.cli import main
from tests.commands.terminal import shown_on_a_terminal
from tests.foreign_upscalers import compact, write_safetensors
from tests.tiny_upscaler import write_tiny_upscaler

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def upscaler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_upscaler(tmp_path_factory.mktemp("models") / "upscaler")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a subfolder: three pictures, a text, and one that is broken."""
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    save(folder / "a.png", 8, 6)
    save(folder / "b.jpg", 7, 5)
    save(folder / "deeper" / "a.png", 6, 9)
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:60])
    (folder / "notes.txt").write_text("no picture")
    return folder


def save(path: Path, width: int, height: int) -> None:
    across = np.linspace(0, 255, width)[None, :, None]
    pixels = np.broadcast_to(across, (height, width, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)


def upscale(*arguments: str | Path) -> int:
    return main(["upscale", *map(str, arguments)])


def start(*arguments: str | Path, **more: object) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "studio", "upscale", *map(str, arguments)]
    surroundings = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(command, env=surroundings, **{**pipes, **more})  # type: ignore[call-overload,no-any-return]


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_folder_is_done_but_for_what_is_refused(
    upscaler: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert upscale(pictures, tmp_path / "missing.png", "-o", out, "--model", upscaler) == 2
    said = capsys.readouterr()
    assert files_in(out) == ["a-4x.png", "b-4x.png", os.path.join("deeper", "a-4x.png")]
    assert Image.open(out / "deeper" / "a-4x.png").size == (24, 36)
    assert f"{out / 'a-4x.png'}: 32x24" in said.out
    assert "“broken.png” is damaged or incomplete" in said.err
    assert "missing.png" in said.err
    assert "Traceback" not in said.err


def test_one_format_scale_and_name_for_all(upscaler: Path, pictures: Path, tmp_path: Path) -> None:
    options = ["--scale", "2", "--format", "jpg", "--name", "{mode} {name}", "--mode", "vivid"]
    out = tmp_path / "out"
    assert upscale(pictures / "a.png", "-o", out, "--model", upscaler, *options) == 0
    assert files_in(out) == ["vivid a.jpg"]
    assert Image.open(out / "vivid a.jpg").size == (16, 12)


def test_a_size_may_be_asked_for(upscaler: Path, pictures: Path, tmp_path: Path) -> None:
    options = ["--size", "20x11", "--format", "same", "--model", upscaler]
    assert upscale(pictures / "b.jpg", "-o", tmp_path / "out", *options) == 0
    assert Image.open(tmp_path / "out" / "b-20x11.jpg").size == (20, 11)


def test_nothing_is_overwritten_unless_asked(
    upscaler: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "out" / "a-4x.png"
    there.parent.mkdir()
    there.write_text("an older file")
    arguments = [pictures / "a.png", "-o", there.parent, "--model", upscaler]
    assert upscale(*arguments) == 2
    assert "is there already" in capsys.readouterr().err
    assert there.read_text() == "an older file"
    assert upscale(*arguments, "--overwrite") == 0
    assert Image.open(there).size == (32, 24)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "out"], "Name pictures"),
        (["a.png", "-o", "big.png"], "names a folder"),
        (["a.png", "-o", "out", "--mode", "wild"], "no mode “wild”"),
        (["a.png", "-o", "out", "--format", "psd"], "no output format “psd”"),
        (["a.png", "-o", "out", "--quality", "0"], "quality must lie"),
        (["a.png", "-o", "out", "--name", "{name"], "no name pattern"),
        (["a.png", "-o", "out", "--name", "{date}"], "{date}"),
        (["a.png", "-o", "out", "--name", "x"], "{name}"),
        (["a.png", "-o", "out", "--name", "{name:>99999999999}"], "{name:>99999999999}"),
        (["a.png", "-o", "out", "--size", "big"], "not a size"),
        (["a.png", "-o", "out", "--max-input", "0"], "megapixels"),
        (["a.png", "-o", "out", "--scale", "-1"], "positive"),
        (["a.png", "-o", "out", "--tile", "3"], "A tile must be"),
        (["a.png", "-o", "out", "--repair", "2"], "repair must lie"),
        (["a.png", "-o", "out", "--scale", "2", "--size", "9x9"], "not both"),
        (["a.png", "-o", "out", "--model", "nowhere"], "nowhere"),
        (["-o", "out", "--resume"], "Nothing was begun"),
        (["a.png", "-o", "a.png/x"], "not a folder"),
    ],
)
def test_what_cannot_be_begun_is_a_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", 8, 6)
    assert upscale(*arguments) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""


def _heeds_interrupts() -> None:
    """A test run in the background would hand on that it ignores the key."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _until(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not happened() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    assert happened(), process.communicate()


@pytest.mark.parametrize("key", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_resumed(
    key: signal.Signals, upscaler: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures, out = tmp_path / "in", tmp_path / "out"
    pictures.mkdir()
    save(pictures / "1.png", 8, 6)
    save(pictures / "2.png", 64, 6000)
    save(pictures / "3.png", 8, 6)
    options = ["--model", upscaler, "--tile", "48"]
    process = start(pictures, "-o", out, *options, preexec_fn=_heeds_interrupts)
    _until(lambda: list(out.glob(".2-4x*")), process)
    process.send_signal(key)
    _, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    if key is signal.SIGINT:
        assert process.returncode == 130
        assert err.strip().splitlines()[-1] == "latent-studio: stopped."
        assert files_in(out) == ["1-4x.png"]
    first = (out / "1-4x.png").stat().st_mtime_ns

    save(pictures / "2.png", 9, 9)
    assert upscale(pictures, "-o", out, *options, "--resume") == 0
    said = capsys.readouterr()
    assert "1 of 3 were done already" in said.err
    assert files_in(out) == ["1-4x.png", "2-4x.png", "3-4x.png"]
    assert (out / "1-4x.png").stat().st_mtime_ns == first
    assert upscale("-o", out, "--resume") == 0
    assert "3 of 3 were done already" in capsys.readouterr().err


def test_the_bar_shows_on_a_terminal(upscaler: Path, pictures: Path, tmp_path: Path) -> None:
    arguments = [pictures / "a.png", "-o", tmp_path / "out", "--model", upscaler]
    shown = shown_on_a_terminal(lambda terminal: start(*arguments, stderr=terminal))
    assert b"a.png (1 of 1)" in shown
    assert b"100%" in shown


def test_an_upscaler_of_another_family(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_safetensors(tmp_path / "2x-drawings.safetensors", compact(2).state_dict())
    options = ["-o", tmp_path / "out", "--name", "{name}-{model}"]
    assert upscale(pictures / "a.png", *options, "--model", model) == 0
    with Image.open(pictures / "a.png") as before:
        width, height = before.size
    with Image.open(tmp_path / "out" / "a-2x-drawings.png") as made:
        assert made.size == (4 * width, 4 * height)
    assert upscale(pictures / "a.png", *options, "--model", pictures / "a.png") == 2
    assert "is a picture and no checkpoint" in capsys.readouterr().err


def _tiny_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def test_a_full_disk_is_a_sentence_and_leaves_nothing(upscaler: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.png")
    out = tmp_path / "out"
    process = start(tmp_path / "x.png", "-o", out, "--model", upscaler, preexec_fn=_tiny_disk)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "“x-4x.png” is larger than the disk allows" in err
    assert "Traceback" not in err
    assert files_in(out) == []
