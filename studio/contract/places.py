"""Where the files that come with the product lie, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def _bundled(name: str) -> Path:
    inside = _PACKAGE / name  # the wheel carries the folder inside the package
    return inside if inside.is_dir() else _PACKAGE.parent / name


RESOURCES = _bundled("resources")
MODELS = _bundled("models")
