"""Upscalers of other families: the file is ours to read, the network is spandrel's."""

import importlib
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from studio.contract.catalog import Capability
from studio.contract.events import Cancelled, Failed
from studio.contract.model_card import CardKind
from studio.contract.upscaling import (
    Region,
    TileDone,
    UpscaleMode,
    UpscaleRequest,
    UpscaleStarted,
)
from studio.engine.library import ModelLibrary
from studio.engine.recognition import recognised
from studio.engine.upscaling import foreign, spandrel_library
from studio.engine.upscaling.upscale import upscale
from tests.engine.checkpoints.hostile import pickle_of
from tests.engine.upscaling.test_upscale import picture, result, run
from tests.foreign_upscalers import (
    basicsr_names,
    compact,
    old_names,
    real_esrgan,
    swin_ir,
    write_pth,
    write_safetensors,
)


@pytest.fixture(scope="module")
def esrgan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("esrgan") / "RealESRGAN_x4plus.pth"
    return write_pth(path, basicsr_names(real_esrgan()))


@pytest.fixture(scope="module")
def doubling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compact") / "2x-small.safetensors"
    return write_safetensors(path, compact().state_dict())


@torch.no_grad()
def expected(network: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """What the network by itself makes of [H, W, 3]."""
    given = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None] / 255
    made = network(given)[0].clamp(0, 1) * 255
    return made.permute(1, 2, 0).round().numpy().astype(np.uint8)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


Write = Callable[[Path, nn.Module], Path]
PUBLISHED: dict[str, Write] = {
    "basicsr's, EMA": lambda p, n: write_pth(p / "a.pth", basicsr_names(n)),
    "basicsr's, plain": lambda p, n: write_pth(p / "a.pth", basicsr_names(n), "params"),
    "the first names": lambda p, n: write_pth(p / "a.pth", old_names(n), ""),
    "safetensors": lambda p, n: write_safetensors(p / "a.safetensors", old_names(n)),
    "half": lambda p, n: write_pth(
        p / "a.pth", {name: t.half() for name, t in basicsr_names(n).items()}
    ),
    "no telling name": lambda p, n: write_pth(p / "weights", basicsr_names(n)),
}


@pytest.mark.parametrize("form", PUBLISHED)
def test_esrgan_makes_what_its_network_makes(form: str, models: ModelLibrary, tmp_path: Path):
    network = real_esrgan()
    path = PUBLISHED[form](tmp_path, network)
    if form == "half":
        network.half().float()
    pixels = picture(24, 31)
    assert difference(result(run(path, models, pixels)), expected(network, pixels)) <= 1


@pytest.mark.parametrize(("network", "size"), [(compact, (21, 18)), (swin_ir, (24, 16))])
def test_other_families(
    network: Callable[[], nn.Module], size: tuple[int, int], models: ModelLibrary, tmp_path: Path
):
    made = network()
    path = write_pth(tmp_path / "a.pth", made.state_dict())
    pixels = picture(*size)
    given = result(run(path, models, pixels, scale=2))
    assert difference(given, expected(made, pixels)) <= 1


def test_windows_need_not_fit(models: ModelLibrary, tmp_path: Path):
    path = write_pth(tmp_path / "a.pth", swin_ir().state_dict())
    assert result(run(path, models, picture(19, 21), scale=2)).shape == (38, 42, 3)


def test_tiles_join_without_a_seam(doubling: Path, models: ModelLibrary):
    pixels = picture(150, 170)
    whole = result(run(doubling, models, pixels, scale=2, tile=512))
    tiled = run(doubling, models, pixels, scale=2, tile=48)
    assert len([event for event in tiled if isinstance(event, TileDone)]) > 9
    assert difference(result(tiled), whole) <= 1


def test_tiles_are_shown_where_they_lie(doubling: Path, models: ModelLibrary):
    pixels = picture(100, 90)
    events = run(doubling, models, pixels, scale=2, tile=48)
    whole = result(events)
    for tile in (event for event in events if isinstance(event, TileDone)):
        part = whole[tile.top : tile.top + tile.size.height, tile.left :][:, : tile.size.width]
        inside = slice(8, -8)
        assert difference(tile.pixels[inside, inside], part[inside, inside]) <= 1


@pytest.mark.parametrize("scale", [1.5, 2, 3, 4, 8])
def test_any_scale(doubling: Path, models: ModelLibrary, scale: float):
    events = run(doubling, models, picture(20, 22), scale=scale)
    assert result(events).shape == (round(20 * scale), round(22 * scale), 3)
    assert events[-1].evaluations == {1.5: 1, 2: 1, 3: 2, 4: 2, 8: 3}[scale]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_kind_keeps_its_channels_and_depth(
    doubling: Path, models: ModelLibrary, channels: int, dtype: type
):
    made = result(run(doubling, models, picture(20, 24, channels, dtype), scale=2))
    assert (made.shape, made.dtype) == ((40, 48, channels), dtype)


def test_alpha_is_resized_and_nothing_invented_for_it(esrgan: Path, models: ModelLibrary):
    pixels = picture(24, 24, 4)
    pixels[..., 3] = 0
    pixels[8:16, 8:16, 3] = 255
    made = result(run(esrgan, models, pixels))[..., 3]
    assert made[2:16, 2:16].max() == 0
    assert made[44:52, 44:52].min() == 255


def test_grey_models_see_each_colour(models: ModelLibrary, tmp_path: Path):
    torch.manual_seed(0)
    network = importlib.import_module("spandrel.architectures.Compact").Compact(
        num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=2, upscale=2
    )
    path = write_pth(tmp_path / "grey.pth", network.state_dict())
    pixels = picture(20, 22)
    made = result(run(path, models, pixels, scale=2))
    for colour in range(3):
        alone = expected(network, pixels[..., colour : colour + 1])
        assert difference(made[..., colour : colour + 1], alone) <= 1


def test_a_region_becomes_what_it_is_in_the_whole(doubling: Path, models: ModelLibrary):
    pixels = picture(120, 130)
    whole = result(run(doubling, models, pixels, scale=2, tile=512))
    region = Region(left=40, top=50, width=30, height=20)
    part = result(run(doubling, models, pixels, scale=2, region=region))
    assert difference(part, whole[100:140, 80:140]) <= 1


def test_it_has_one_character_and_says_so(esrgan: Path, models: ModelLibrary):
    pixels = picture(20, 20)
    plain = run(esrgan, models, pixels)
    vivid = run(esrgan, models, pixels, mode=UpscaleMode.VIVID, repair=0.5, seed=7)
    np.testing.assert_array_equal(result(plain), result(vivid))
    (told,) = [event.notices for event in vivid if isinstance(event, UpscaleStarted)]
    assert "ESRGAN, 4× has one character" in told[0]
    (quiet,) = [event.notices for event in plain if isinstance(event, UpscaleStarted)]
    assert not quiet


def test_cancelling_does_not_wait_for_a_tile(esrgan: Path, models: ModelLibrary):
    calls = 0

    class Flag(threading.Event):
        def is_set(self) -> bool:
            nonlocal calls
            calls += 1
            return calls > 30

    request = UpscaleRequest(pixels=picture(64, 64), model=str(esrgan))
    events = list(upscale(request, models, Flag()))
    assert isinstance(events[-1], Cancelled)
    assert not [event for event in events if isinstance(event, TileDone)]
    network = next(models.get_upscaler(str(esrgan)), None) or models._upscaler[1]  # type: ignore
    assert not any(module._forward_pre_hooks for module in network.network.model.modules())


def test_its_card(esrgan: Path, doubling: Path):
    card = recognised(esrgan)
    assert (card.kind, card.family, card.title) == (CardKind.PART, "upscaler", "ESRGAN, 4×")
    assert card.capabilities == (Capability.UPSCALE,)
    assert card.nbytes > 1_000_000
    assert recognised(doubling).title == "RealESRGAN Compact, 2×"


def failure(path: Path, models: ModelLibrary) -> Failed:
    end = run(path, models, picture(20, 20))[-1]
    assert isinstance(end, Failed), end
    return end


def test_what_makes_nothing_larger_is_refused(models: ModelLibrary, tmp_path: Path):
    path = write_pth(tmp_path / "clean.pth", compact(scale=1).state_dict())
    sentence = failure(path, models).sentence
    assert "clean.pth is a RealESRGAN Compact model that restores pictures" in sentence
    assert recognised(path).problem == sentence


def damaged(tensors: dict[str, Tensor], how: str) -> dict[str, Tensor]:
    name = "body.0.rdb1.conv1.weight"
    if how == "NaN":
        tensors[name][0] = float("nan")
    elif how == "shape":
        tensors[name] = tensors[name][:, :10]
    elif how == "missing":
        del tensors[name]
    else:
        tensors["body.99999999.rdb1.conv1.weight"] = tensors[name]
    return tensors


def test_names_cannot_ask_for_more_than_the_file_holds(models: ModelLibrary, tmp_path: Path):
    tensors = damaged(basicsr_names(real_esrgan()), "depth")
    path = write_pth(tmp_path / "bomb.pth", tensors)
    assert "bomb.pth ask for is larger than the file" in failure(path, models).sentence
    assert "larger than the file" in recognised(path).problem
    assert not torch.nn.modules.module._global_parameter_registration_hooks


@pytest.mark.parametrize("how", ["NaN", "shape", "missing"])
def test_damaged_files_are_a_sentence(how: str, models: ModelLibrary, tmp_path: Path):
    path = write_pth(tmp_path / "a.pth", damaged(basicsr_names(real_esrgan()), how))
    sentence = failure(path, models).sentence
    assert "a.pth" in sentence
    assert len(sentence) < 300
    if how == "missing":
        assert "is incomplete" in recognised(path).problem
    if how == "shape":
        assert "size mismatch for model.1.sub.0.RDB1.conv1.0.weight" in sentence


def test_another_checkpoint_is_no_upscaler(models: ModelLibrary, tmp_path: Path):
    path = write_safetensors(tmp_path / "x.safetensors", {"hello": torch.zeros(3)})
    assert "no upscaler that spandrel knows" in failure(path, models).sentence
    assert recognised(path).kind is CardKind.BROKEN


def test_nothing_in_the_file_is_executed(models: ModelLibrary, tmp_path: Path):
    canary = tmp_path / "canary"
    path = tmp_path / "RealESRGAN_x4plus.pth"
    path.write_bytes(pickle_of(canary))
    assert failure(path, models).sentence
    assert not canary.exists()


def test_without_spandrel_it_says_what_to_install(
    esrgan: Path, doubling: Path, monkeypatch: pytest.MonkeyPatch
):
    def missing() -> object:
        monkeypatch.setattr(spandrel_library, "is_here", lambda: False)
        return spandrel_library.spandrel.__wrapped__()

    monkeypatch.setattr(foreign, "spandrel", missing)
    end = failure(esrgan, ModelLibrary(device="cpu"))
    assert "spandrel, and that is not installed" in end.sentence
    card = recognised(esrgan)
    assert (card.kind, card.capabilities) == (CardKind.PART, ())
    assert 'pip install "latent-studio[spandrel]"' in card.problem
    assert recognised(doubling).kind is CardKind.BROKEN  # nobody else knows such names


BREAKING = "raise RuntimeError('operator torchvision::nms does not exist')"


@pytest.mark.parametrize("torchvision", [None, BREAKING])
def test_a_torchvision_that_is_missing_or_breaks_is_no_trouble(
    torchvision: str | None, esrgan: Path, tmp_path: Path
):
    if torchvision is not None:
        (tmp_path / "torchvision").mkdir()
        (tmp_path / "torchvision/__init__.py").write_text(torchvision)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from pathlib import Path\n"
        "from studio.engine.recognition import recognised\n"
        f"print(recognised(Path({str(esrgan)!r})).title)\n"
        "print('torchvision' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["ESRGAN, 4×", "False"]
