"""Where recipes lie and how they are read."""

import tomllib
from pathlib import Path
from typing import Any

from studio.contract.places import RESOURCES


def read_toml(name_or_path: str | Path) -> tuple[dict[str, Any], str]:
    """The values of a recipe, by its name in resources/training or by its path, and the name of
    its file; ValueError says what is wrong.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = RESOURCES / "training" / f"{name_or_path}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), path.name
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in (RESOURCES / "training").glob("*.toml")))
        raise ValueError(
            f"There is no recipe “{name_or_path}”; the bundled ones: {known}."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is not valid TOML: {error}.") from error
