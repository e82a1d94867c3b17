"""What `pip install .` brings: the package with its resources and models, outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the project's own build backend and unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_every_resource_and_model(installed: Path) -> None:
    for name in ("resources", "models"):
        files = [file for file in (PROJECT / name).rglob("*") if file.is_file()]
        assert files
        ours = installed / "studio"
        assert not [file for file in files if not (ours / file.relative_to(PROJECT)).is_file()]


def test_the_wheel_carries_no_tests(installed: Path) -> None:
    folders = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert folders == {"studio"}


def test_the_installed_command_finds_its_examples_and_models(
    installed: Path, tmp_path: Path
) -> None:
    code = (
        "import studio\nfrom studio.contract.places import MODELS, RESOURCES\n"
        "from studio.document.presets import PRESETS\nfrom studio.cli import main\n"
        f"assert str(MODELS).startswith({str(installed)!r}), MODELS\n"
        "assert PRESETS[0].labels().any()\n"
        "raise SystemExit(main(['models', 'list']))"
    )
    surroundings = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=surroundings,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    named = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert named == sorted(config.parent.name for config in PROJECT.glob("models/*/config.json"))
