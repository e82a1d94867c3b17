"""What the Paint panel shows of a model that takes words and LoRA files beside a map."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from studio.app.models.register import Register
from studio.app.places import Places
from studio.contract.catalog import Capability
from studio.contract.model_card import CardKind, ModelCard
from studio.ui.panels.paint_page import PaintPage
from studio.ui.start import Studio
from tests.app.conftest import Loop
from tests.app.models.test_register import tensors
from tests.ui.models.conftest import opened

STEERED = ModelCard(
    kind=CardKind.MODEL, title="Stable Diffusion 1", family="stable_diffusion", prediction="eps",
    capabilities=(Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE, Capability.LORA,
                  Capability.MAP, Capability.MAP_STRENGTH),
)  # fmt: skip
BARE = ModelCard(
    kind=CardKind.MODEL, title="semantic_synthesis", family="semantic_synthesis", labels=182,
    capabilities=(Capability.MAP,), prediction="eps",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, places: Places) -> Path:
    folder = tmp_path / "ComfyUI"
    cards = {folder / "steered.safetensors": STEERED, folder / "bare.safetensors": BARE}
    for path in (*cards, folder / "loras" / "ink.safetensors"):
        tensors(path)
    cards[folder / "loras" / "ink.safetensors"] = ModelCard(kind=CardKind.PART, title="LoRA")
    register = Register(places.made().register, places.models)
    register.add(folder)
    register.describe_all(cards)
    return folder


@pytest.fixture
def studio(open_studio: Callable[..., Studio], folder: Path, loop: Loop) -> Studio:
    return opened(open_studio, loop, panel="paint", listed="steered")


def page(studio: Studio, folder: Path, name: str) -> PaintPage:
    studio.settings.set("model", str(folder / f"{name}.safetensors"))
    return studio.window.panels["paint"]


def test_what_counts_can_be_seen_and_changed(studio: Studio, folder: Path) -> None:
    shown = page(studio, folder, "steered")
    shown.fold.set_open(True)
    for control in (shown.negative, shown.loras, shown.map_strength, shown.recipe.guidance):
        assert control.isVisible()
    QTest.keyClicks(shown.negative.edit, "fog")
    assert shown.loras.combo.itemText(0) == "ink"
    shown.loras.combo.activated.emit(0)
    studio.window.paint.set_material(3)
    request = studio.session.request()
    assert request.negative_prompt == "fog"
    assert request.loras == ((str(folder / "loras" / "ink.safetensors"), 1.0),)
    shown.fold.set_open(False)
    assert shown.fold.summary.endswith("LoRA files: 1, not: fog")


def test_a_model_without_them_shows_neither_and_uses_neither(studio: Studio, folder: Path) -> None:
    studio.settings.set("negative_prompt", "fog")
    studio.settings.set("loras", (("ink", 1.0),))
    shown = page(studio, folder, "bare")
    shown.fold.set_open(True)
    for control in (shown.negative, shown.loras, shown.map_strength, shown.recipe.guidance):
        assert not control.isVisible()
    assert "fog" not in shown.fold.summary
    assert "LoRA" not in shown.fold.summary
    request = studio.session.request()
    assert (request.negative_prompt, request.loras) == ("", ())
