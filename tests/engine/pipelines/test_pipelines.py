"""Pipelines of diffusers': the pictures that it makes itself, told as the studio's events."""

import json
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import studio
from studio.contract.catalog import Capability
from studio.contract.events import Cancelled, Failed, Finished, Produced, Started, Stepped
from studio.contract.model_card import CardKind
from studio.contract.request import GenerateRequest, Preview
from studio.engine.pipelines.stepwise import stepwise
from studio.engine.recognition import recognised

SIZE = studio.Size(64, 64)


@pytest.fixture(scope="module")
def library() -> studio.ModelLibrary:
    return studio.ModelLibrary(device="cpu")


def request(path: Path, **asked: Any) -> GenerateRequest:
    return GenerateRequest(
        **{"model": str(path), "prompt": "a snow lake", "size": SIZE, "steps": 3, "seed": 9} | asked
    )


def of(kind: type, events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("name", ["xl", "sd3", "flux"])
def test_the_picture_is_diffusers_own(
    name: str, library: studio.ModelLibrary, request: pytest.FixtureRequest
) -> None:
    path, pipeline = request.getfixturevalue(name)
    asked = GenerateRequest(model=str(path), prompt="a snow lake", negative_prompt="mountain",
                            size=SIZE, steps=3, seed=9, guidance=4.0)  # fmt: skip
    events = list(studio.generate(asked, library))
    assert isinstance(events[-1], Finished), events[-1]
    expected = pipeline(
        "a snow lake", negative_prompt="mountain", width=64, height=64, num_inference_steps=3,
        guidance_scale=4.0, generator=torch.Generator().manual_seed(9), output_type="np",
    ).images[0]  # fmt: skip
    (produced,) = of(Produced, events)
    assert expected.std() > 0.02
    assert np.abs(produced.pixels / 255 - expected).max() <= 1.01 / 255
    steps = of(Stepped, events)
    assert [(step.step, step.steps) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    channels = pipeline.vae.config.latent_channels
    for step in steps:
        assert step.x_t.shape == step.x_0.shape == (channels, 32, 32)
        assert step.noisy.shape == step.clean.shape == (32, 32, 3)
        assert not step.x_t.flags.writeable
    assert not np.array_equal(steps[0].x_t, steps[0].x_0)
    # the last step goes all the way to what it takes for the clean latent
    assert np.abs(steps[-1].x_t - steps[-1].x_0).max() < 1e-3 * np.abs(steps[-1].x_t).max()


def test_flux_takes_a_guidance_scale_and_no_negative_prompt(
    library: studio.ModelLibrary, flux: tuple[Path, Any]
) -> None:
    card = recognised(flux[0])
    assert (card.kind, card.title) == (CardKind.MODEL, "Flux")
    assert card.capabilities == (Capability.TEXT, Capability.GUIDANCE)
    asked = request(flux[0], steps=1, negative_prompt="fog", depth=np.zeros((8, 8), np.uint8))
    events = list(studio.generate(asked, library))
    (started,) = of(Started, events)
    assert "no negative prompt" in " ".join(started.notices)
    assert "no depth picture" in " ".join(started.notices)
    (low,), (high,) = (
        of(Produced, list(studio.generate(request(flux[0], steps=1, guidance=g), library)))
        for g in (1.0, 9.0)
    )
    assert not np.array_equal(low.pixels, high.pixels)


def test_defaults_notices_and_every_picture_its_seed(
    library: studio.ModelLibrary, xl: tuple[Path, Any]
) -> None:
    asked = request(xl[0], steps=None, sampler="ddim", size=studio.Size(70, 64), count=2,
                    prompt="a (lake:1.3)", loras=(("x", 1.0),),
                    label_map=np.zeros((8, 8), np.uint8))  # fmt: skip
    events = studio.generate(asked, library)
    started = next(event for event in events if isinstance(event, Started))
    events.close()  # type: ignore[attr-defined]
    assert (started.request.steps, started.request.guidance) == (50, 5.0)
    assert started.request.sampler is None
    told = " ".join(started.notices)
    for words in ("size is", "no label map", "no LoRA", "no weights", "its own sampler"):
        assert words in told
    two = of(Produced, list(studio.generate(request(xl[0], count=2), library)))
    one = of(Produced, list(studio.generate(request(xl[0], seed=10), library)))
    assert np.array_equal(two[1].pixels, one[0].pixels)
    assert two[1].request.seed == 10
    without = list(studio.generate(request(xl[0], preview=Preview.NONE), library))
    assert np.array_equal(of(Produced, without)[0].pixels, two[0].pixels)
    assert of(Stepped, without)[0].clean is None


def test_cancelling_takes_effect_within_a_step(
    library: studio.ModelLibrary, xl: tuple[Path, Any]
) -> None:
    cancel, seen = threading.Event(), 0
    for event in studio.generate(request(xl[0], steps=200), library, cancel):
        if isinstance(event, Stepped):
            seen += 1
            cancel.set()
        last = event
    assert isinstance(last, Cancelled)
    assert seen < 100
    scheduler = library._loaded[1].pipeline.scheduler
    assert "step" not in vars(scheduler)


def test_leaving_ends_the_thread(library: studio.ModelLibrary, xl: tuple[Path, Any]) -> None:
    before = threading.active_count()
    events = studio.generate(request(xl[0], steps=100), library)
    while not isinstance(next(events), Stepped):
        pass
    events.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    with pytest.raises(KeyError):
        list(stepwise(lambda tell, check: {}["no"], lambda: None))


def test_its_card(xl: tuple[Path, Any]) -> None:
    card = recognised(xl[0])
    assert (card.kind, card.title, card.family) == (
        CardKind.MODEL,
        "StableDiffusionXL",
        "diffusers",
    )
    assert card.capabilities == (Capability.TEXT, Capability.NEGATIVE, Capability.GUIDANCE)
    assert card.nbytes > 1000


def failure(library: studio.ModelLibrary, path: Path) -> Failed:
    *_, last = studio.generate(request(path), library)
    assert isinstance(last, Failed)
    return last


def test_without_the_extra_it_is_named(
    library: studio.ModelLibrary, sd3: tuple[Path, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = shutil.copytree(sd3[0], tmp_path / "big")

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("studio.engine.pipelines.opening.importlib.import_module", missing)
    failed = failure(library, path)
    assert failed.sentence == (
        "big is a StableDiffusion3Pipeline, which the studio runs through diffusers, and that is "
        "not installed."
    )
    assert "latent-studio[diffusers]" in failed.action
    assert "latent-studio[diffusers]" in recognised(path).problem


def test_a_broken_library_beside_it_is_a_sentence(
    tmp_path: Path, library: studio.ModelLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """diffusers imports its pipelines when they are asked for, and what they need with them."""

    class Lazy:
        utils = SimpleNamespace(logging=SimpleNamespace(disable_progress_bar=lambda: None))

        def __getattr__(self, name: str) -> object:
            raise RuntimeError(f"Failed to import {name}: operator torchvision::nms is missing\nx")

    (tmp_path / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    monkeypatch.setattr("studio.engine.pipelines.opening.importlib.import_module", lambda _: Lazy())
    failed = list(studio.generate(request(tmp_path), library))[-1]
    assert isinstance(failed, Failed)
    assert "operator torchvision::nms is missing)" in failed.sentence
    assert failed.action == "If it is torchvision, type: pip uninstall torchvision"
    assert recognised(tmp_path).kind is CardKind.BROKEN


def change(path: Path, **entries: Any) -> None:
    index = json.loads((path / "model_index.json").read_text())
    (path / "model_index.json").write_text(json.dumps(index | entries))


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"transformer": ["my_code", "Net"]}, "asks for code of its own for its transformer"),
        ({"_class_name": ["evil", "Pipeline"]}, "does not know"),
        ({"_class_name": "NoSuchPipeline"}, "does not know"),
        ({"_class_name": "AutoencoderKL"}, "which is no pipeline"),
        ({"_class_name": "DDPMPipeline"}, "paints from no prompt"),
    ],
)
def test_no_code_of_the_folder_runs(
    entries: dict[str, Any], sentence: str, library: studio.ModelLibrary, sd3: tuple[Path, Any],
    tmp_path: Path,
) -> None:  # fmt: skip
    path = shutil.copytree(sd3[0], tmp_path / "odd")
    (path / "my_code.py").write_text("open('ran', 'w')")
    (path / "transformer" / "my_code.py").write_text("open('ran', 'w')")
    change(path, **entries)
    assert sentence in failure(library, path).sentence
    assert not list(tmp_path.rglob("ran"))


def test_pickles_are_refused_and_damage_is_said(
    library: studio.ModelLibrary, sd3: tuple[Path, Any], tmp_path: Path
) -> None:
    path = shutil.copytree(sd3[0], tmp_path / "p")
    file = path / "vae" / "diffusion_pytorch_model.safetensors"
    file.rename(file.with_suffix(".bin"))
    assert "p/vae holds its weights as pickles" in failure(library, path).sentence
    file.with_suffix(".bin").unlink()
    assert "diffusers could not open p: " in failure(library, path).sentence


def test_what_does_not_fit_is_not_opened(
    library: studio.ModelLibrary, sd3: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    path = shutil.copytree(sd3[0], tmp_path / "q")
    monkeypatch.setattr("studio.engine.memory.free_memory", lambda device: 2**10)
    monkeypatch.setattr("diffusers.DiffusionPipeline.from_pretrained", None)
    assert "q is too large for this computer" in failure(library, path).sentence
