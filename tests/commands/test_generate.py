"""``latent-studio generate`` as a process: pixels, files, and everything in the way."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.commands.error import CommandError
from studio.commands.painting import paint
from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY
from studio.contract.request import GenerateRequest
from studio.document.formats import open_file, write_map
from tests.commands.terminal import shown_on_a_terminal

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "studio", "generate"]


def start(*arguments: str | Path, **more: object) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    surroundings = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen([*COMMAND, *map(str, arguments)], env=surroundings, **{**pipes, **more})  # type: ignore[call-overload,no-any-return]


def generate(*arguments: str | Path, **more: object) -> tuple[int, str, str]:
    process = start(*arguments, **more)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> list[str | Path]:
    """A prompt, a map and everything that decides the pixels."""
    labels = np.full((64, 96), BY_KEY["sky"].id, np.uint8)
    labels[40:] = BY_KEY["water"].id
    write_map(tmp_path / "map.png", labels)
    return ["a lake at sunset", "--map", tmp_path / "map.png", "--seed", "7", "--steps", "3",
            "--guidance", "2.5", "--sampler", "euler_a", "--negative", "fog",
            "--model", tiny_model, "--device", "cpu"]  # fmt: skip


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file))


def test_same_pixels_with_and_without_frames_and_everything_in_the_file(
    settings: list[str | Path], tmp_path: Path
) -> None:
    plain, framed, frames = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "new" / "frames"
    status, out, err = generate(*settings, "-o", plain)
    assert status == 0, err
    assert out == f"{plain}: 96x64, seed 7\n"
    status, _, err = generate(*settings, "-o", framed, "--frames", frames)
    assert status == 0, err
    assert "sampling" in err
    assert "%" not in err  # no bar where nobody watches

    assert (pixels(plain) == pixels(framed)).all()
    assert pixels(plain).shape == (64, 96, 3)
    names = [f"01-{step:04d}-{name}.png" for step in (1, 2, 3) for name in ("x_0", "x_t")]
    assert sorted(file.name for file in frames.iterdir()) == names
    assert all(pixels(frames / name).ndim == 3 for name in names)

    request = open_file(framed).request
    assert request is not None
    assert (request.seed, request.steps, request.guidance) == (7, 3, 2.5)
    assert (request.sampler, request.negative_prompt) == ("euler_a", "fog")
    assert request.size == Size(96, 64)
    assert request.label_map is not None
    assert (request.label_map == open_file(tmp_path / "map.png").labels).all()


def test_a_count_writes_numbered_files_of_following_seeds(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    several = GenerateRequest(
        model=str(tiny_model), prompt="a lake", steps=2, size=Size(64, 64), seed=4, count=2
    )
    paint(several, tmp_path / "x.png", device="cpu")
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in said] == ["64x64, seed 4", "64x64, seed 5"]
    assert sorted(file.name for file in tmp_path.glob("x*")) == ["x-1.png", "x-2.png"]
    paint(replace(several, seed=5, count=1), tmp_path / "y.png", device="cpu")
    assert (pixels(tmp_path / "x-2.png") == pixels(tmp_path / "y.png")).all()


def test_a_rounded_size_and_unknown_words_are_said(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = GenerateRequest(
        model=str(tiny_model), prompt="a zeppelin", steps=1, size=Size(70, 64)
    )
    paint(request, tmp_path / "x.png")
    said = capsys.readouterr()
    assert "72x64 instead of 70x64" in said.err
    assert said.err.count("zeppelin") == 1
    assert "72x64" in said.out


def test_the_bar_shows_on_a_terminal(settings: list[str | Path], tmp_path: Path) -> None:
    shown = shown_on_a_terminal(
        lambda terminal: start(*settings, "-o", tmp_path / "x.png", stderr=terminal)
    )
    assert b"loading" in shown
    assert b"100%" in shown


def _tiny_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(
    settings: list[str | Path], tmp_path: Path
) -> None:
    out = tmp_path / "out" / "x.png"
    out.parent.mkdir()
    out.write_bytes(b"an older picture")
    status, _, err = generate(*settings, "-o", out, preexec_fn=_tiny_disk)
    assert status == 2
    assert "“x.png” is larger than the disk allows" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert out.read_bytes() == b"an older picture"
    assert list(out.parent.iterdir()) == [out]


def _heeds_interrupts() -> None:
    """A test run in the background would hand on that it ignores the key."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupted_in_the_middle(settings: list[str | Path], tmp_path: Path) -> None:
    frames, out = tmp_path / "frames", tmp_path / "out" / "x.png"
    process = start(
        *settings, "--steps", "1000", "--frames", frames, "-o", out, preexec_fn=_heeds_interrupts
    )
    until = time.monotonic() + 60
    while not list(frames.glob("*-0002-x_t.png")) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == "latent-studio: stopped."
    assert "Traceback" not in err
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]
    assert list(out.parent.iterdir()) == []


def test_a_model_that_is_none_is_a_sentence(tiny_model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    (broken / "denoiser.safetensors").write_bytes(b"nothing")
    status, out, err = generate("a lake", "--model", broken, "-o", tmp_path / "x.png")
    assert status == 2
    assert out == ""
    assert "cannot be used" in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "x.png").exists()


def test_an_unknown_model_or_device_is_a_sentence(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no model “nowhere”"):
        paint(GenerateRequest(model="nowhere"), tmp_path / "x.png")
    with pytest.raises(CommandError, match="no device “abacus”"):
        paint(GenerateRequest(model=str(tiny_model)), tmp_path / "x.png", device="abacus")
