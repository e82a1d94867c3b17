"""LoRA files as a person asks for them."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import studio
from studio.contract.events import Failed, Produced, Started, Stepped
from studio.contract.prompt_tags import tag, without_tags
from studio.contract.request import GenerateRequest
from studio.engine.lora import changeable
from studio.engine.lora.merging import merge
from studio.engine.parts import PartKind, Parts
from tests.engine.nets.comparison import noise

NAME = "lora_unet_down_blocks_0_attentions_0_proj_in"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, stable: tuple[Path, Any]) -> Path:
    """As ComfyUI's: models/checkpoints/sd and models/loras/style/snow.safetensors."""
    models = tmp_path_factory.mktemp("comfy") / "models"
    shutil.copytree(stable[0], models / "checkpoints" / "sd")
    (models / "loras" / "style").mkdir(parents=True)
    halves = {f"{NAME}.lora_down.weight": noise(2, 32), f"{NAME}.lora_up.weight": noise(32, 2),
              "lora_te2_x.lora_down.weight": noise(2, 32),
              "lora_te2_x.lora_up.weight": noise(32, 2, seed=4)}  # fmt: skip
    save_file(halves, models / "loras" / "style" / "Snow.safetensors")
    return models


@pytest.fixture(scope="module")
def library() -> studio.ModelLibrary:
    return studio.ModelLibrary(device="cpu")


def run(library: studio.ModelLibrary, folder: Path, **asked: Any) -> list[Any]:
    request = GenerateRequest(
        model=str(folder / "checkpoints" / "sd"), size=studio.Size(64, 64), steps=2, seed=5, **asked
    )
    return list(studio.generate(request, library))


def picture(events: list[Any]) -> np.ndarray:
    assert not isinstance(events[-1], Failed), events[-1]
    return next(event.pixels for event in events if isinstance(event, Produced))


def test_a_prompt_and_a_request_name_the_same_file(
    library: studio.ModelLibrary, folder: Path
) -> None:
    plain = picture(run(library, folder, prompt="snow lake"))
    weights = {name: part.clone() for name, part in loaded(library, folder).unet.named_parameters()}
    asked = run(library, folder, prompt="snow lake", loras=(("snow", 0.5),))
    tagged = run(library, folder, prompt="snow <lora:snow:0.5> lake")
    assert np.array_equal(picture(asked), picture(tagged))
    assert not np.array_equal(picture(asked), plain)
    (started,) = [event for event in tagged if isinstance(event, Started)]
    assert started.request.prompt == "snow <lora:snow:0.5> lake"
    assert "Snow.safetensors changes layers that this model does not have: lora_te2_x." in (
        started.notices
    )
    assert np.array_equal(picture(run(library, folder, prompt="snow lake")), plain)
    after = loaded(library, folder).unet.named_parameters()
    assert all(torch.equal(part, weights[name]) for name, part in after)


def test_the_same_files_are_merged_once(
    library: studio.ModelLibrary, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(networks: Any, loras: Any) -> Any:
        made.append(len(loras))
        return merge(networks, loras)

    monkeypatch.setattr(changeable, "merge", counted)
    file = folder / "loras" / "style" / "Snow.safetensors"
    first = picture(run(library, folder, prompt="lake", loras=(("snow", 0.5),)))
    again = picture(run(library, folder, prompt="lake <lora:SNOW:0.5>"))
    assert np.array_equal(first, again)
    assert made == [1]
    assert not np.array_equal(first, picture(run(library, folder, prompt="lake <lora:snow:2>")))
    assert made == [1, 1]
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 10**9))
    run(library, folder, prompt="lake <lora:snow:2>")
    assert made == [1, 1, 1]
    run(library, folder, prompt="lake")
    assert loaded(library, folder).changeable._kept is None  # nobody wants it: its memory is free


def loaded(library: studio.ModelLibrary, folder: Path) -> Any:
    loading = library.get(str(folder / "checkpoints" / "sd"))
    while True:
        try:
            next(loading)
        except StopIteration as done:
            return done.value


def test_a_job_that_is_left_leaves_no_trace(library: studio.ModelLibrary, folder: Path) -> None:
    model = loaded(library, folder)
    before = list(model.unet.parameters())
    request = GenerateRequest(
        model=str(folder / "checkpoints" / "sd"), prompt="<lora:snow>", size=studio.Size(64, 64)
    )
    events = studio.generate(request, library)
    while not isinstance(next(events), Stepped):
        pass
    assert any(a is not b for a, b in zip(before, model.unet.parameters(), strict=True))
    events.close()  # type: ignore[attr-defined]
    assert all(a is b for a, b in zip(before, model.unet.parameters(), strict=True))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"loras": (("rain", 1.0),)}, "There is no LoRA file “rain”."),
        ({"prompt": "<lora:snow:much>"}, "In “<lora:snow:much>” the weight “much” is no number."),
    ],
)
def test_what_cannot_be_used_is_said(
    asked: dict[str, Any], words: str, library: studio.ModelLibrary, folder: Path
) -> None:
    failed = run(library, folder, **asked)[-1]
    assert isinstance(failed, Failed)
    assert failed.sentence == words


def test_tags() -> None:
    assert without_tags("a, <b> :c") == ("a, <b> :c", ())
    assert without_tags("a <lora:x> b<LORA:y z:-1.5:te=0>") == ("a b", (("x", 1.0), ("y z", -1.5)))
    assert without_tags(tag("x.y", 0.25)) == ("", (("x.y", 0.25),))


def test_where_parts_are_looked_for(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("Lora/a.safetensors", "models/Lora/b/A.PT", "x/c.pt")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.touch()
    around = Parts((tmp_path, tmp_path / "Lora"))
    assert list(around.files(PartKind.LORA)) == files[:2]
    near = Parts((tmp_path / "models" / "Stable-diffusion" / "sd15" / "model.ckpt",))
    assert list(near.files(PartKind.LORA)) == [files[1]]
    assert near.find(PartKind.LORA, "A") == files[1]
    assert near.find(PartKind.LORA, "a.pt") == files[1]
    assert near.find(PartKind.LORA, str(files[2])) == files[2]
    assert near.find(PartKind.LORA, "d") is None
