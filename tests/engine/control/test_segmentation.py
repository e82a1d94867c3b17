"""A ControlNet for label maps: diffusers' own computations, and pictures that follow the map."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel
from safetensors.torch import save_file
from torch import Tensor

import studio
from studio.contract.ade20k import CLASSES, COLOURS, OF_LABEL
from studio.contract.catalog import Capability
from studio.contract.events import Failed, Produced, Started
from studio.contract.materials import BY_KEY, MATERIALS
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.control_net import _sources, open_control_net
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.source import gather
from studio.engine.device import choose
from studio.engine.families.filling import fill_network
from studio.engine.families.segmentation_control import painted, says_segmentation
from studio.engine.nets.control_net import ControlNet
from studio.engine.recognition import recognised
from tests.engine.nets.comparison import noise, relative_error, shaken

T = torch.tensor([981.0, 1.0])
WIDTHS = (16, 32, 96, 256)


@pytest.fixture(scope="module")
def theirs(stable: tuple[Path, Any]) -> Any:
    """Made from the U-Net as people do who train one, then shaken: it must not stay silent."""
    return shaken(ControlNetModel.from_unet(stable[1].unet), seed=8)


def published_names(theirs: Any, model: Any) -> dict[str, Tensor]:
    """Its tensors as control_v11p_sd15_seg.pth has them."""
    module = ControlNet(model.unet.config, WIDTHS)
    sources = _sources(module.state_dict(), model.unet.config)
    gathered = gather(module, sources, theirs.state_dict())
    assert gathered.missing == gathered.misfits == ()
    assert gathered.used == set(theirs.state_dict())
    return {f"control_model.{name}": tensor.clone() for name, tensor in gathered.tensors.items()}


@torch.no_grad()
@pytest.mark.parametrize("layout", ["published", "pickle", "diffusers"])
def test_it_agrees_with_diffusers(
    layout: str, theirs: Any, stable: tuple[Path, Any], model: Any, tmp_path: Path
) -> None:
    path = tmp_path / "x.safetensors"
    if layout == "published":
        save_file(published_names(theirs, model), path)
    elif layout == "pickle":
        path = tmp_path / "x.pth"
        torch.save(published_names(theirs, model), path)
    else:
        theirs.save_pretrained(tmp_path)
        path = tmp_path / "diffusion_pytorch_model.safetensors"
    network = open_control_net(path, model.unet.config, 4)
    fill_network(network, path, choose("cpu"), torch.float32)
    ours = network.module
    x, context, picture = noise(2, 4, 8, 8), noise(2, 77, 64, seed=2), noise(2, 3, 64, 64, seed=3)
    expected = theirs(x, T, context, picture, conditioning_scale=0.7)
    control = ours(x, T, context, ours.hint(picture), 0.7)
    assert len(control.skips) == len(expected.down_block_res_samples)
    for one, other in zip(control.skips, expected.down_block_res_samples, strict=True):
        assert relative_error(one, other) < 1e-4
    assert relative_error(control.middle, expected.mid_block_res_sample) < 1e-4
    steered = stable[1].unet(
        x, T, context,
        down_block_additional_residuals=expected.down_block_res_samples,
        mid_block_additional_residual=expected.mid_block_res_sample,
    ).sample  # fmt: skip
    assert relative_error(model.unet(x, T, context, control=control), steered) < 1e-4
    assert relative_error(model.unet(x, T, context), steered) > 0.01


def test_only_its_own_kind_fits(model: Any, theirs: Any, tmp_path: Path) -> None:
    tensors = published_names(theirs, model)
    save_file(dict(list(tensors.items())[:-9]), tmp_path / "less.safetensors")
    save_file({"x": noise(2)}, tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="a ControlNet for another kind of model"):
        open_control_net(tmp_path / "less.safetensors", model.unet.config, 4)
    with pytest.raises(CheckpointError, match="is no ControlNet"):
        open_control_net(tmp_path / "none.safetensors", model.unet.config, 4)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("control_v11p_sd15_seg.pth", True),
        ("sd-controlnet-seg/diffusion_pytorch_model.safetensors", True),
        ("x/Segmentation v2.safetensors", True),
        ("control_v11p_sd15_canny.pth", False),
        ("seg/control_canny.pth", False),
        ("legs.safetensors", False),
    ],
)
def test_what_it_was_trained_on_is_in_its_name(path: str, says: bool) -> None:
    assert says_segmentation(Path(path)) is says


def test_every_label_has_a_class() -> None:
    assert (len(CLASSES), len(OF_LABEL)) == (150, 182)
    assert len({row.name for row in CLASSES}) == 150
    for material in MATERIALS:
        if material.ade20k:
            assert tuple(COLOURS[material.id]) == material.ade20k
    assert not COLOURS[182:].any()
    names = {key: CLASSES[OF_LABEL[BY_KEY[key].id]].name for key in ("river", "bush", "clouds")}
    assert names == {"river": "river", "bush": "plant", "clouds": "sky"}
    colours = painted(np.full((2, 3), BY_KEY["sea"].id, np.uint8), torch.device("cpu"))
    assert torch.allclose(colours[0, :, 1, 2] * 255, torch.tensor([9.0, 7.0, 230.0]))


def run(library: studio.ModelLibrary, path: Path, **asked: Any) -> tuple[np.ndarray, Any]:
    request = GenerateRequest(model=str(path), prompt="snow", size=studio.Size(64, 64), steps=2,
                              seed=5, **asked)  # fmt: skip
    events = list(studio.generate(request, library))
    assert not isinstance(events[-1], Failed), events[-1]
    (started,) = [event for event in events if isinstance(event, Started)]
    return next(e.pixels for e in events if isinstance(e, Produced)), started


def test_a_map_steers_once_the_control_net_is_there(
    stable: tuple[Path, Any], theirs: Any, model: Any, tmp_path: Path
) -> None:
    path = shutil.copytree(stable[0], tmp_path / "Stable-diffusion" / "sd")
    library = studio.ModelLibrary(device="cpu")
    labels = np.full((64, 64), BY_KEY["sky"].id, np.uint8)
    labels[32:] = BY_KEY["sea"].id
    plain, _ = run(library, path)
    ignored, started = run(library, path, label_map=labels)
    assert np.array_equal(ignored, plain)
    assert "With a segmentation ControlNet" in " ".join(started.notices)
    assert not recognised(path).can(Capability.MAP)

    (tmp_path / "ControlNet").mkdir()
    save_file(published_names(theirs, model), tmp_path / "ControlNet" / "x_seg.safetensors")
    assert recognised(path).can(Capability.MAP)
    steered, started = run(library, path, label_map=labels)
    assert started.notices == ()
    assert not np.array_equal(steered, plain)
    assert np.array_equal(run(library, path, label_map=labels, map_strength=0.0)[0], plain)
    half, _ = run(library, path, label_map=labels, map_strength=0.5)
    assert len({half.tobytes(), steered.tobytes(), plain.tobytes()}) == 3
    other, started = run(library, path, label_map=np.where(labels == 154, 255, labels))
    assert not np.array_equal(other, steered)
    assert started.notices == ("Parts of the map are unlabelled: there anything may appear.",)
    assert np.array_equal(run(library, path)[0], plain)
