"""The system libraries that Qt's wheels expect on Linux: which are missing, how to get them.

Standard library only: set-up runs this file by its path, with the system's Python, before
anything is installed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

# What is loaded -> the Debian packages that hold it, the newest name first: the releases whose
# time_t has 64 bits renamed some.
WINDOWLESS = {
    "libEGL.so.1": ("libegl1",),
    "libGL.so.1": ("libgl1",),
    "libX11.so.6": ("libx11-6",),
    "libdbus-1.so.3": ("libdbus-1-3",),
    "libfontconfig.so.1": ("libfontconfig1",),
    "libfreetype.so.6": ("libfreetype6",),
    "libglib-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libxkbcommon.so.0": ("libxkbcommon0",),
}
X11 = {
    "libX11-xcb.so.1": ("libx11-xcb1",),
    "libxcb.so.1": ("libxcb1",),
    "libxcb-cursor.so.0": ("libxcb-cursor0",),
    "libxcb-glx.so.0": ("libxcb-glx0",),
    "libxcb-icccm.so.4": ("libxcb-icccm4",),
    "libxcb-image.so.0": ("libxcb-image0",),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1",),
    "libxcb-randr.so.0": ("libxcb-randr0",),
    "libxcb-render.so.0": ("libxcb-render0",),
    "libxcb-render-util.so.0": ("libxcb-render-util0",),
    "libxcb-shape.so.0": ("libxcb-shape0",),
    "libxcb-shm.so.0": ("libxcb-shm0",),
    "libxcb-sync.so.1": ("libxcb-sync1",),
    "libxcb-util.so.1": ("libxcb-util1",),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0",),
    "libxcb-xkb.so.1": ("libxcb-xkb1",),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0",),
}
WINDOW_TEST_PROGRAMS = {"Xvfb": ("xvfb",), "xdotool": ("xdotool",)}

_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
_KEYBOARDS = Path("/usr/share/X11/xkb")

Packages = tuple[str, ...]


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def _has_fonts() -> bool:
    folders = (Path(folder).expanduser() for folder in _FONT_FOLDERS)
    return any(
        file.suffix.lower() in {".ttf", ".otf", ".ttc"}
        for folder in folders
        for file in folder.rglob("*")
    )


def missing_libraries(
    *, x11: bool = True, loads: Callable[[str], bool] = _loads
) -> dict[str, Packages]:
    """The libraries that do not load, each with the Debian packages that may hold it.

    ``x11`` asks also for what Qt needs to open a window on an X display. Empty off Linux, where
    Qt's wheels hold everything.
    """
    if not sys.platform.startswith("linux"):
        return {}
    wanted = {**WINDOWLESS, **(X11 if x11 else {})}
    return {soname: packages for soname, packages in wanted.items() if not loads(soname)}


def missing_for_set_up(*, tests: bool) -> dict[str, Packages]:
    """Everything a window needs (``tests``: also the window tests) and this machine lacks."""
    missing = missing_libraries()
    if not sys.platform.startswith("linux"):
        return missing
    if not _has_fonts():
        missing["a font"] = ("fonts-dejavu-core",)
    if not _KEYBOARDS.is_dir():
        missing["keyboard layouts"] = ("xkb-data",)
    if tests:
        for program, packages in WINDOW_TEST_PROGRAMS.items():
            if shutil.which(program) is None:
                missing[program] = packages
    return missing


def command_for(packages: Iterable[str]) -> str:
    """The one line a person types on Debian or Ubuntu."""
    return f"sudo apt-get install {' '.join(packages)}"


def sentence_about(missing: dict[str, Packages]) -> str:
    """What is missing, and what to do about it, as a sentence."""
    if shutil.which("apt-get"):
        return f"Qt needs system libraries that are missing; type: {command_for(_chosen(missing))}"
    return (
        "Qt needs system libraries that are missing; install them with your system's package"
        f" manager: {', '.join(missing)}."
    )


def _chosen(missing: dict[str, Packages]) -> list[str]:
    return sorted({_name_here(packages) for packages in missing.values()})


def _name_here(packages: Packages) -> str:
    """The package's name on this release: the one apt knows a version of, else the last."""
    for package in packages[:-1]:
        found = subprocess.run(
            ["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False
        )
        if found.returncode == 0:
            return package
    return packages[-1]


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root without asking, or None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        quiet = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if quiet.returncode == 0:
            return ["sudo", "-n"]
    return None


def install(missing: dict[str, Packages]) -> bool:
    """Install what is missing where apt-get may do so without asking; True when it did."""
    root = _as_root() if shutil.which("apt-get") else None
    if root is None:
        return False
    # A fresh container has no package lists, and then no package has a known name.
    update = [*root, "apt-get", "-q", "update"]
    subprocess.run(update, check=False, stdout=subprocess.DEVNULL)
    line = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "install"]
    line += ["--no-install-recommends", *_chosen(missing)]
    print(f"Installing what Qt needs: {shlex.join(line)}", flush=True)
    return subprocess.run(line, check=False).returncode == 0


def main(argv: list[str] | None = None) -> int:
    """Install what is missing or say what to type; 1 when something is still missing."""
    parser = argparse.ArgumentParser(description="Install the system libraries that Qt needs.")
    parser.add_argument("--tests", action="store_true", help="also what the window tests need")
    arguments = parser.parse_args(argv)
    missing = missing_for_set_up(tests=arguments.tests)
    if missing and install(missing):
        missing = missing_for_set_up(tests=arguments.tests)
    if not missing:
        return 0
    print(sentence_about(missing), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
