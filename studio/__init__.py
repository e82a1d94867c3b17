"""Latent Studio: a desktop studio for latent diffusion (arXiv:2112.10752).

From Python::

    import studio

    paint = studio.load()                                        # the bundled landscape model
    picture = paint(prompt="a mountain lake at sunset", seed=7)  # uint8 [H, W, 3]

    for event in paint.events(label_map=label_map, count=4):     # see studio.contract.events
        ...

``studio.generate(request, models)`` is the engine itself: a generator of events for a
``studio.GenerateRequest`` and a ``studio.ModelLibrary``. Importing ``studio`` imports no torch;
the first use of one of these does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.contract.geometry import Size
    from studio.contract.request import GenerateRequest
    from studio.engine.generate import generate
    from studio.engine.library import ModelLibrary
    from studio.engine.scripting import load

__all__ = ["GenerateRequest", "ModelLibrary", "Size", "generate", "load"]

_HOMES = {
    "GenerateRequest": "studio.contract.request",
    "ModelLibrary": "studio.engine.library",
    "Size": "studio.contract.geometry",
    "generate": "studio.engine.generate",
    "load": "studio.engine.scripting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
