"""The library spandrel, an optional extra, which knows the networks of many upscalers."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from studio.engine.model_error import ModelError

INSTALL = 'Install it with: pip install "latent-studio[spandrel]"'
_TORCHVISION = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
_NAMES = ("InterpolationMode", "normalize", "rotate")
"""What spandrel imports of torchvision, for one network that fills holes and one for faces."""


def is_here() -> bool:
    """Whether spandrel is installed; nothing is imported."""
    return importlib.util.find_spec("spandrel") is not None


@cache
def spandrel() -> Any:
    """The library; ModelError where it is not installed."""
    if not is_here():
        raise ModelError(
            "This upscaler is of another family, which the studio runs through spandrel, and that "
            "is not installed.",
            INSTALL,
        )
    if _has_torchvision():
        return importlib.import_module("spandrel")
    with _without_torchvision():
        return importlib.import_module("spandrel")


def _has_torchvision() -> bool:
    """Whether torchvision works; one built for another torch is there and breaks on import."""
    try:
        importlib.import_module(_TORCHVISION[-1])
    except (ImportError, OSError, RuntimeError, AttributeError):
        return False
    return True


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """spandrel can be imported inside; the networks that need torchvision are no upscalers."""
    _forget_torchvision()
    for name in _TORCHVISION:
        sys.modules[name] = ModuleType(name)
    for name in _NAMES:
        setattr(sys.modules[_TORCHVISION[-1]], name, object())
    try:
        yield
    finally:
        _forget_torchvision()


def _forget_torchvision() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
