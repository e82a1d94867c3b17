"""Where the files that come with the product lie, in a checkout and in an installed wheel, and
where what can be made again is kept.
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def _bundled(name: str) -> Path:
    inside = _PACKAGE / name  # the wheel carries the folder inside the package
    return inside if inside.is_dir() else _PACKAGE.parent / name


RESOURCES = _bundled("resources")
MODELS = _bundled("models")
SHEETS = RESOURCES / "sheets"
"""Pictures of what the bundled models can do, shown in their cards; no part of the models."""


def cache_folder() -> Path:
    """For what can be made again from the person's own files; in ``LATENT_STUDIO_HOME`` if that is
    set. Not made yet.
    """
    if home := os.environ.get("LATENT_STUDIO_HOME"):
        return Path(home) / "cache"
    import platformdirs  # not there where models are only trained

    return platformdirs.user_cache_path("latent-studio", appauthor=False)
