"""What Qt misses on a machine, and the apt-get line that brings it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from studio import system_libraries
from studio.system_libraries import (
    WINDOWLESS,
    X11,
    install,
    missing_libraries,
    sentence_about,
)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH: this machine has only the programs put there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in ("env", "sh"):
        (folder / program).symlink_to(f"/usr/bin/{program}")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_every_library_that_qt_loads_is_listed() -> None:
    """Qt's own files name what they need: nothing of it may be missing from the table."""
    qt = Path(__import__("PySide6").__file__).parent / "Qt"
    loads = [qt / "lib" / f"libQt6{part}.so.6" for part in ("Gui", "Widgets", "DBus", "XcbQpa")]
    output = subprocess.run(
        ["ldd", *loads, qt / "plugins" / "platforms" / "libqxcb.so"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    wanted = {line.split()[0] for line in output.splitlines() if "=>" in line}
    direct = {
        name
        for name in wanted
        if name.startswith(("libxcb", "libX11", "libxkb", "libEGL", "libGL."))
        for name in wanted
        if name.startswith(("libxcb", "libX11", "libxkb", "libEGL", "libGL."))
    }
    assert direct <= set(WINDOWLESS) | set(X11)


def test_libraries_that_load_are_not_missing() -> None:
    assert missing_libraries(loads=lambda name: True) == {}
    lacking = missing_libraries(loads=lambda name: name != "libxcb-cursor.so.0")
    assert lacking == {"libxcb-cursor.so.0": ("libxcb-cursor0",)}
    assert missing_libraries(x11=False, loads=lambda name: name in WINDOWLESS) == {}


def test_the_sentence_names_one_command(tools: Path) -> None:
    program(tools, "apt-get", "exit 0")
    program(tools, "apt-cache", "exit 1")
    missing = missing_libraries(loads=lambda name: name != "libglib-2.0.so.0")
    assert sentence_about(missing).endswith("sudo apt-get install libglib2.0-0")
    program(tools, "apt-cache", '[ "$3" = libglib2.0-0t64 ]')
    assert sentence_about(missing).endswith("sudo apt-get install libglib2.0-0t64")


def test_without_apt_the_sentence_names_the_libraries(tools: Path) -> None:
    sentence = sentence_about(missing_libraries(loads=lambda name: name != "libEGL.so.1"))
    assert "libEGL.so.1" in sentence
    assert "apt-get" not in sentence


@pytest.mark.parametrize("root", [True, False])
def test_installs_as_root_or_with_sudo(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: bool
) -> None:
    typed = tmp_path / "typed"
    program(tools, "apt-get", f'echo "apt-get $*" >> {typed}')
    program(tools, "apt-cache", "exit 1")
    program(tools, "sudo", 'shift; "$@"')
    program(tools, "true", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    assert install({"libEGL.so.1": ("libegl1",), "a font": ("fonts-dejavu-core",)})
    update, line = typed.read_text().splitlines()
    assert update.endswith("update")
    assert line.endswith("--no-install-recommends fonts-dejavu-core libegl1")


def test_without_permission_nothing_is_installed(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tools, "apt-get", "exit 100")
    program(tools, "sudo", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not install({"libEGL.so.1": ("libegl1",)})


def test_set_up_goes_on_with_a_sentence_when_something_stays_missing(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "_loads", lambda name: True)
    monkeypatch.setattr(system_libraries, "_has_fonts", lambda: False)
    assert system_libraries.main([]) == 1
    assert "a font" in capsys.readouterr().err


def test_window_tests_need_more(tools: Path) -> None:
    assert {"Xvfb", "xdotool"} <= set(system_libraries.missing_for_set_up(tests=True))
    assert "Xvfb" not in system_libraries.missing_for_set_up(tests=False)


def test_runs_by_its_path_before_anything_is_installed() -> None:
    plain = [sys.executable, "-I", "-S", system_libraries.__file__, "--help"]
    assert subprocess.run(plain, capture_output=True, check=False).returncode == 0
