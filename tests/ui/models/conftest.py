"""The window with a few models on its list, whose cards are known already."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.app.models.register import Register
from studio.app.places import Places
from studio.contract.catalog import Capability
from studio.contract.model_card import CardKind, ModelCard, broken
from studio.engine.families.published import PICTURES
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.app.models.test_register import tensors
from tests.ui.conftest import application, loop, open_studio, places

__all__ = ["application", "loop", "open_studio", "places"]

TEXTS = (Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE, *PICTURES)
CARDS = {
    "photo": ModelCard(
        kind=CardKind.MODEL, title="Stable Diffusion 1", family="stable_diffusion",
        licence="CreativeML OpenRAIL-M", nbytes=4_270_000_000, dtypes=("float16",),
        capabilities=TEXTS, prediction="eps",
    ),
    "either": ModelCard(
        kind=CardKind.MODEL, title="Stable Diffusion 2", family="stable_diffusion",
        nbytes=5_200_000_000, capabilities=TEXTS,
    ),
    "classes": ModelCard(
        kind=CardKind.MODEL, title="cin256-v2", family="class_conditional", nbytes=1_700_000_000,
        capabilities=(Capability.CLASS, *PICTURES), prediction="eps", classes=1000,
    ),
    "labels": ModelCard(
        kind=CardKind.MODEL, title="semantic_synthesis", family="semantic_synthesis",
        nbytes=1, capabilities=(Capability.MAP, *PICTURES), prediction="eps", labels=182,
    ),
    "layout": ModelCard(
        kind=CardKind.MODEL, title="layout2img-openimages256", family="layout_to_image", nbytes=1,
        capabilities=(Capability.BOXES, *PICTURES), prediction="eps",
    ),
    "deep": ModelCard(
        kind=CardKind.MODEL, title="Stable Diffusion 2 depth", family="stable_depth", nbytes=1,
        capabilities=(*TEXTS, Capability.LORA, Capability.DEPTH), needs=(Capability.DEPTH,),
        prediction="eps",
    ),
    "larger": ModelCard(
        kind=CardKind.MODEL, title="Stable Diffusion x4 upscaler", family="upscaler_x4", nbytes=1,
        capabilities=(
            Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE, Capability.ENLARGE,
            Capability.NOISE_LEVEL,
        ),
        needs=(Capability.ENLARGE,), prediction="v",
    ),
    "style": ModelCard(kind=CardKind.PART, title="LoRA", family="part", nbytes=9),
    "page": broken("page", "page.ckpt is a web page saved under a checkpoint's name."),
}  # fmt: skip


def opened(
    open_studio: Callable[..., Studio], loop: Loop, *, listed: str, **settings: object
) -> Studio:
    """The studio with these settings, once the model ``listed`` is on its list."""
    made = open_studio(**settings)
    loop.until(lambda: any(model.name == listed for model in made.shelf.models))
    loop.run(made.background.drained())
    return made


@pytest.fixture
def tree(tmp_path: Path, places: Places) -> Path:
    """A folder of models that is on the list."""
    folder = tmp_path / "ComfyUI"
    for name in CARDS:
        tensors(folder / f"{name}.safetensors")
    register = Register(places.made().register, places.models)
    register.add(folder)
    register.describe_all({folder / f"{name}.safetensors": card for name, card in CARDS.items()})
    return folder
