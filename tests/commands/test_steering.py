"""What the command line reads besides the prompt: pictures, masks, classes and boxes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.app.places import Places
from studio.cli import main
from studio.commands.error import CommandError
from studio.commands.known_models import known_model
from studio.commands.models_add import register_of
from studio.commands.steering import box_from, class_number, fitting_size, lora_from
from studio.contract.geometry import Size
from studio.contract.open_images import KINDS
from studio.contract.request import Box
from studio.document.formats import open_file
from tests.commands.test_models import write_model
from tests.tiny_checkpoints import write_stable_diffusion

SOURCE = np.kron(
    np.random.default_rng(3).integers(0, 256, (8, 12, 3), np.uint8), np.ones((8, 8, 1), np.uint8)
)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(SOURCE).save(tmp_path / "source.png")
    return tmp_path / "source.png"


def generate(model: Path, *arguments: object) -> int:
    fixed = ["--model", model, "--steps", "3", "--device", "cpu", "--seed", "1"]
    return main(["generate", *map(str, [*arguments, *fixed])])


def test_a_picture_is_repainted_within_its_mask(
    tiny_model: Path, tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = np.zeros((64, 96), np.uint8)
    mask[:32, 32:64] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "out.png"
    asked = ["--init", picture, "--mask", tmp_path / "mask.png", "--strength", "0.9", "-o", out]
    assert generate(tiny_model, "snow", *asked) == 0
    assert "96x64" in capsys.readouterr().out
    made = open_file(out)
    assert made.picture is not None
    changed = (made.picture != SOURCE).any(axis=2)
    assert changed[mask > 0].mean() > 0.9
    assert not changed[mask == 0].any()
    assert made.request is not None
    assert made.request.strength == 0.9
    assert np.array_equal(made.request.source, SOURCE)
    assert np.array_equal(made.request.mask, mask)


def test_image_to_image_needs_no_prompt(tiny_model: Path, tmp_path: Path, picture: Path) -> None:
    assert generate(tiny_model, "--init", picture, "--size", "64x64", "-o", tmp_path / "o.png") == 0
    request = open_file(tmp_path / "o.png").request
    assert request is not None
    assert (request.strength, request.size) == (0.75, Size(64, 64))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--init", "gone.png"], "There is no file “gone.png”"),
        (["--mask", "SOURCE"], "A mask needs the picture"),
        (["--init", "SOURCE", "--mask", "SMALL"], "The mask is of 8x8, but its picture of 96x64"),
        (["--init", "SOURCE", "--strength", "2"], "Strength must lie between 0 and 1, not 2"),
        (["--init", "TEXT"], "is not a PNG, JPEG, WebP or BMP picture"),
        (["--class", "tench"], "names of this model's classes are not known"),
        (["--box", "3:1,2"], "is no box"),
        (["--init", "SOURCE", "--mask", "BLACK"], "black everywhere"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    tiny_model: Path, tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str],
    asked: list[str], words: str,
) -> None:  # fmt: skip
    Image.new("L", (8, 8)).save(tmp_path / "small.png")
    Image.new("L", (96, 64)).save(tmp_path / "black.png")
    (tmp_path / "text.png").write_text("nothing")
    files = {"SOURCE": picture, "SMALL": tmp_path / "small.png", "BLACK": tmp_path / "black.png",
             "TEXT": tmp_path / "text.png"}  # fmt: skip
    arguments = [files.get(item, item) for item in asked]
    assert generate(tiny_model, *arguments, "-o", tmp_path / "out.png") == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


def test_classes_by_name(tmp_path: Path) -> None:
    names = {
        "0": "tench, Tinca tinca",
        "1": "goldfish",
        "2": "great white shark",
        "3": "tiger shark",
    }
    (tmp_path / "imagenet-1k-id2label.json").write_text(json.dumps(names))
    model = str(tmp_path / "cin.ckpt")
    assert class_number("Goldfish", model) == 1
    assert class_number("tinca tinca", model) == 0
    assert class_number("999", model) == 999
    assert class_number(None, model) is None
    with pytest.raises(CommandError, match=r"may be great white shark \(2\), tiger shark \(3\)"):
        class_number("shark", model)
    with pytest.raises(CommandError, match="has no class “whale”"):
        class_number("whale", model)


def test_a_model_is_found_by_its_name_on_the_list(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept" / "my-lakes"
    shutil.copytree(tiny_model, kept)
    assert main(["models", "add", str(kept)]) == 0
    assert known_model("my-lakes").key == str(kept)
    elsewhere = tmp_path / "my-lakes"
    shutil.copytree(tiny_model, elsewhere)
    assert known_model(str(elsewhere)).key == str(elsewhere)
    assert known_model("landscape").key == "landscape"
    assert known_model("nowhere").key == "nowhere"
    capsys.readouterr()
    out = tmp_path / "out.png"
    asked = ["a lake", "--model", "my-lakes", "--steps", "1", "--size", "64", "--device", "cpu"]
    assert main(["generate", *asked, "-o", str(out)]) == 0
    made = open_file(out).request
    assert made is not None
    assert made.model == str(kept)


def test_what_a_person_once_said_of_a_model_is_remembered(tmp_path: Path) -> None:
    model = write_model(tmp_path / "small.safetensors")
    assert main(["models", "add", str(model)]) == 0
    register = register_of(Places.of_this_person())
    (installed,) = [item for item in register.models() if item.path == model]
    register.answer(installed, "v")
    assert known_model(str(model)).prediction == "v"
    assert known_model("small").prediction == "v"


def test_boxes_and_sizes() -> None:
    assert box_from("12:0.1, 0.2,0.5,1") == Box(label=12, left=0.1, top=0.2, right=0.5, bottom=1)
    zebra = KINDS.index("Zebra")
    assert box_from(" zebra :0,0,1,1") == Box(label=zebra, left=0, top=0, right=1, bottom=1)
    assert box_from("Kitchen & dining room table:0,0,1,1").label == 311
    with pytest.raises(CommandError, match=r"may be .* and others; give the number"):
        box_from("human:0,0,1,1")
    with pytest.raises(CommandError, match="no objects called “zebre”; there is Zebra"):
        box_from("zebre:0,0,1,1")
    with pytest.raises(CommandError, match="inside the picture"):
        box_from("1:0.5,0,0.2,1")
    assert fitting_size(np.zeros((3000, 4000, 3), np.uint8)) == Size(1024, 768)
    assert fitting_size(np.zeros((30, 40), np.uint8)) == Size(40, 30)


def test_the_depth_model_paints_after_a_depth_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_stable_diffusion(tmp_path / "models" / "depth.safetensors", channels=5)
    deep = np.linspace(0, 60000, 64 * 96).reshape(64, 96).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "depth.png")
    out = tmp_path / "out.png"
    assert generate(model, "snow", "--depth", tmp_path / "depth.png", "-o", out) == 0
    made = open_file(out)
    assert made.picture is not None
    assert made.picture.shape == (64, 96, 3)
    assert made.request is not None
    assert made.request.depth is not None
    assert (made.request.depth.min(), made.request.depth.max()) == (0, 255)
    capsys.readouterr()
    assert generate(model, "snow", "-o", out) == 2
    assert "near is bright" in capsys.readouterr().err
    assert generate(model, "snow", "--depth", tmp_path / "gone.png", "-o", out) == 2
    assert "no file" in capsys.readouterr().err


def test_lora_files_with_and_without_a_weight():
    assert lora_from("snow") == ("snow", 1.0)
    assert lora_from("a/snow.safetensors:-0.5") == ("a/snow.safetensors", -0.5)
    assert lora_from("C:\\snow.safetensors") == ("C:\\snow.safetensors", 1.0)
    with pytest.raises(ValueError, match="the weight “much” is no number"):
        lora_from("snow:much")
