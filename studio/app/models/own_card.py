"""What one of the studio's own model folders is; its configuration is JSON and needs no engine."""

import json
from pathlib import Path

from studio.contract.catalog import Capability
from studio.contract.model_card import CardKind, ModelCard, broken

CONFIG = "config.json"
UPSCALER = "upscaler"
"""The family that makes pictures larger, which only the panel for that uses."""
_EXTRA = (Capability.SOURCE, Capability.MASK)
_MEANT = {
    "text": (Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE),
    "map": (Capability.MAP, Capability.GUIDANCE),
}


def is_own(folder: Path) -> bool:
    """Whether a folder is a model of the studio's own format."""
    return _told(folder) is not None


def own_card(folder: Path) -> ModelCard | None:
    """The card of a model folder of the studio's own format, None for any other folder."""
    told = _told(folder)
    if told is None:
        return None
    if told["family"] == UPSCALER:
        return ModelCard(
            kind=CardKind.PART,
            title=str(told.get("name", folder.name)),
            family=UPSCALER,
            licence=str(told["licence"]),
            nbytes=_size(folder),
            capabilities=(Capability.UPSCALE, Capability.CHARACTER),
        )
    try:
        given = [capability for key in told["capabilities"] for capability in _MEANT[key]]
        return ModelCard(
            kind=CardKind.MODEL,
            title=str(told["name"]),
            family=str(told["family"]),
            licence=str(told["licence"]),
            nbytes=_size(folder),
            capabilities=tuple(dict.fromkeys((*given, *_EXTRA))),
            prediction=str(told["denoiser"]["prediction"]),
        )
    except (KeyError, TypeError, OSError) as error:
        return broken(folder.name, f"“{folder / CONFIG}” is damaged ({error}); get it again.")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def _told(folder: Path) -> dict | None:
    try:
        told = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and {"format", "family", "licence"} <= set(told) else None
