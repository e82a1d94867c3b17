"""Make the virtual environment and install the project into it with pip.

Runs with the system's Python, which may be too old for the project: keep the syntax plain.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = (3, 11)
PROJECT = Path(__file__).resolve().parent.parent
ALONE = ("spandrel>=0.4.1,<0.5",)
"""For the tests, without what it asks for. The torchvision that pip would bring is built for CUDA:
beside a torch for the processor alone it breaks on import, and transformers with it. The studio
runs spandrel's upscalers without it.
"""


def python_in(environment: Path) -> Path:
    if os.name == "nt":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def works(environment: Path) -> bool:
    """Whether the environment has a Python that starts and has pip; a moved one has neither."""
    python = python_in(environment)
    if not python.exists():
        return False
    asked = [str(python), "-c", f"import pip, sys; sys.exit(sys.version_info < {NEEDED})"]
    return subprocess.run(asked, capture_output=True).returncode == 0


def make(environment: Path) -> bool:
    """Make the environment, with apt's help where venv is a package of its own."""
    if works(environment):
        return True
    if environment.exists():
        print(f"{environment} does not work any more; making it anew.", flush=True)
        shutil.rmtree(environment)
    line = [sys.executable, "-m", "venv", str(environment)]
    if has_venv() or install_venv():
        return subprocess.run(line).returncode == 0
    print(
        "This Python cannot make virtual environments; on Debian or Ubuntu type:"
        " sudo apt-get install python3-venv",
        file=sys.stderr,
    )
    return False


def has_venv() -> bool:
    asked = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(asked, capture_output=True).returncode == 0


def install_venv() -> bool:
    if not shutil.which("apt-get"):
        return False
    root = []
    if os.geteuid() != 0:
        root = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.run([*root, "true"]).returncode != 0:
            return False
    print("Installing python3-venv.", flush=True)
    subprocess.run([*root, "apt-get", "-q", "update"], stdout=subprocess.DEVNULL)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    for name in (package, "python3-venv"):
        line = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "install"]
        if subprocess.run([*line, "--no-install-recommends", name]).returncode == 0:
            break
    return has_venv()


def install(environment: Path, extras: str) -> bool:
    """Install the project so that an edited file counts at once; True when pip succeeded."""
    what = f"{PROJECT}[{extras}]" if extras else str(PROJECT)
    print("Installing Latent Studio and what it needs; the first time takes minutes.", flush=True)
    line = [str(python_in(environment)), "-m", "pip", "install"]
    lines = [[*line, "--editable", what]]
    if "test" in extras.split(","):
        lines.append([*line, "--no-deps", *ALONE])
    if all(subprocess.run(line).returncode == 0 for line in lines):
        return True
    print(
        "pip could not install everything; its last lines above say why."
        " With the network back or the disk freed, type the same command again.",
        file=sys.stderr,
    )
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("environment", type=Path)
    parser.add_argument("--extras", default="", help="the project's extras, such as test")
    arguments = parser.parse_args()
    if sys.version_info < NEEDED:
        print(
            "Latent Studio needs Python {0}.{1} or newer, and this is {2}.{3}; with a newer one"
            " installed, type: make run PYTHON=python{0}.{1}".format(*NEEDED, *sys.version_info),
            file=sys.stderr,
        )
        return 1
    ready = make(arguments.environment) and install(arguments.environment, arguments.extras)
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
