"""A saved picture repeats itself; what other programs write is understood; damage is survived."""

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.contract.catalog import SAMPLERS
from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY
from studio.contract.request import Box, GenerateRequest
from studio.document.formats import FileError, open_file, write_picture
from studio.document.formats.parameters import parameters_text, read_parameters
from studio.document.formats.studio_chunk import KEYWORD, request_from, request_record

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
LABELS = np.full((16, 16), BY_KEY["sky"].id, np.uint8)
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40)


def full_request(**other):
    values = {
        "prompt": "hồ, núi: “sunset”\nsecond line",
        "negative_prompt": "people, blur",
        "label_map": LABELS,
        "size": Size(320, 256),
        "seed": 4294967295,
        "steps": 12,
        "guidance": 3.5,
        "guidance_interval": (0.1, 0.8),
        "sampler": "dpmpp_2m_sde",
        "spacing": "karras",
        "eta": 0.5,
        "class_id": 7,
        "source": PIXELS,
        "strength": 0.6,
        "mask": PIXELS[..., 0],
        "boxes": (Box(label=3, left=0.1, top=0, right=0.5, bottom=1),),
        "noise_level": 30,
        "depth": PIXELS[..., 1],
        "loras": (("snow", 0.8), ("/models/lake.safetensors", -1.0)),
        "map_strength": 0.5,
    }
    return GenerateRequest(**{**values, **other})


def same(one, other):
    for field in fields(GenerateRequest):
        first, second = getattr(one, field.name), getattr(other, field.name)
        pictures = ("label_map", "source", "mask", "depth")
        equal = np.array_equal(first, second) if field.name in pictures else first == second
        assert equal, field.name


def png_with(path, **texts):
    information = PngInfo()
    for name, text in texts.items():
        information.add_itxt(name, text)
    Image.fromarray(PIXELS).save(path, pnginfo=information)
    return path


@pytest.mark.parametrize("other", [
    {}, {"label_map": None}, {"steps": None, "sampler": None},
    {"mask": None, "strength": None}, {"source": None, "mask": None},
])  # fmt: skip
def test_a_picture_repeats_its_request_exactly(tmp_path, other):
    request = full_request(**other)
    write_picture(tmp_path / "p.png", PIXELS, request)
    opened = open_file(tmp_path / "p.png")
    assert np.array_equal(opened.picture, PIXELS)
    same(opened.request, request)
    same(request_from(json.loads(json.dumps(request_record(request)))), request)
    expected = request.label_map
    assert np.array_equal(opened.labels, expected) if expected is not None else not opened.labels


def test_the_map_being_painted_is_kept_beside_the_one_used(tmp_path):
    painted = LABELS.copy()
    painted[3:9] = BY_KEY["sea"].id
    write_picture(tmp_path / "p.png", PIXELS, full_request(), painted)
    opened = open_file(tmp_path / "p.png")
    assert np.array_equal(opened.labels, painted)
    assert np.array_equal(opened.request.label_map, LABELS)


def test_the_parameters_text_is_the_one_other_programs_read(tmp_path):
    request = full_request(prompt="a lake", label_map=None, seed=7)
    write_picture(tmp_path / "p.png", PIXELS, request)
    prompt, negative, last = Image.open(tmp_path / "p.png").info["parameters"].split("\n")
    assert (prompt, negative) == (
        "a lake <lora:snow:0.8> <lora:lake:-1>",
        "Negative prompt: people, blur",
    )
    assert last.startswith(
        "Steps: 12, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 3.5, "
        "Denoising strength: 0.6, Seed: 7, Size: 320x256, Model: landscape, Version: latent-studio-"
    )


@given(words, words, st.integers(0, 2**32 - 1), st.sampled_from([row.key for row in SAMPLERS]))
def test_parameters_round_trip(prompt, negative, seed, sampler):
    prompt, negative = prompt.strip(), negative.strip()
    if prompt.startswith("Negative prompt:"):
        return
    request = full_request(
        prompt=prompt, negative_prompt=negative, seed=seed, sampler=sampler, loras=()
    )
    found = read_parameters(parameters_text(request))
    assert (found.prompt, found.negative_prompt) == (prompt, negative)
    assert (found.seed, found.sampler, found.steps) == (seed, sampler, 12)
    assert (found.guidance, found.size, found.spacing) == (3.5, Size(320, 256), "karras")
    assert found.strength == 0.6


def test_parameters_of_the_web_ui():
    found = read_parameters(
        "castle, (stone:1.2)\nby night\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, "
        'CFG scale: 7, Seed: 965400086, Size: 512x768, Model hash: 45dee52b, Note: "a, b: c"'
    )
    assert found.prompt == "castle, (stone:1.2)\nby night"
    assert found.negative_prompt == "fog"
    assert (found.steps, found.sampler, found.guidance) == (20, "euler_a", 7)
    assert (found.seed, found.size) == (965400086, Size(512, 768))
    request = found.applied_to(GenerateRequest(model="landscape", seed=3))
    assert (request.prompt, request.seed, request.size) == (found.prompt, 965400086, found.size)


def test_a_last_line_with_too_few_pairs_is_prompt():
    found = read_parameters("a lake\nmood: calm, light: soft")
    assert found.prompt == "a lake\nmood: calm, light: soft"
    assert found.steps is None


def test_comfyui_graphs(tmp_path):
    graph = {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 2**40 + 5,
                "steps": 25,
                "cfg": 8.0,
                "sampler_name": "dpmpp_2m",
                "scheduler": "karras",
                "positive": ["10", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 384}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fjord", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["4", 1]}},
        "10": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["6", 0]}},
    }
    found = open_file(png_with(tmp_path / "c.png", prompt=json.dumps(graph))).found
    assert (found.program, found.prompt, found.negative_prompt) == ("ComfyUI", "a fjord", "ugly")
    assert (found.steps, found.guidance, found.seed) == (25, 8.0, 5)
    assert (found.sampler, found.spacing, found.size) == ("dpmpp_2m", "karras", Size(640, 384))
    looped = {"1": {"inputs": {"steps": 3, "cfg": 1, "positive": ["2", 0]}}}
    looped["2"] = {"inputs": {"conditioning": ["2", 0]}}
    found = open_file(png_with(tmp_path / "l.png", prompt=json.dumps(looped))).found
    assert (found.prompt, found.steps) == ("", 3)


def test_invokeai_and_fooocus(tmp_path):
    record = {
        "positive_prompt": "dunes",
        "negative_prompt": "",
        "width": 768,
        "height": 512,
        "seed": 11,
        "cfg_scale": 6.5,
        "steps": 30,
        "scheduler": "euler_a",
    }
    found = open_file(png_with(tmp_path / "i.png", invokeai_metadata=json.dumps(record))).found
    assert (found.program, found.prompt, found.sampler) == ("InvokeAI", "dunes", "euler_a")
    assert (found.size, found.guidance) == (Size(768, 512), 6.5)
    record = {
        "prompt": "reef",
        "resolution": "(1152, 896)",
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "seed": "42",
        "steps": 30,
        "guidance_scale": 4,
    }
    path = png_with(tmp_path / "f.png", parameters=json.dumps(record), fooocus_scheme="fooocus")
    found = open_file(path).found
    assert (found.program, found.prompt, found.seed) == ("Fooocus", "reef", 42)
    assert (found.size, found.sampler, found.spacing) == (
        Size(1152, 896),
        "dpmpp_2m_sde",
        "karras",
    )


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
def test_settings_in_a_user_comment(tmp_path, suffix, order):
    exif = Image.Exif()
    text = "a lake\nSteps: 20, Sampler: Euler, Seed: 4, Size: 64x64"
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode(order)
    path = tmp_path / f"p.{suffix}"
    Image.fromarray(PIXELS).save(path, exif=exif)
    found = open_file(path).found
    assert (found.prompt, found.seed, found.sampler) == ("a lake", 4, "euler")


def test_impossible_values_are_left_out():
    found = read_parameters("x\nSteps: 0, Sampler: Warp, CFG scale: nan, Seed: -1, Size: 0x9")
    assert (found.steps, found.sampler, found.guidance) == (None, None, None)
    assert (found.seed, found.size) == (None, None)
    assert found.applied_to(GenerateRequest(seed=8)).seed == 8


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"version": 99}',
        '{"version": 1, "request": {}}',
        '{"version": 1, "request": {"size": "big"}}',
        '{"version": 1, "map": "####"}',
        '{"version": 1, "map": "aGVsbG8="}',
        "[" * 100000,
    ],
)
def test_a_damaged_chunk_falls_back_to_the_parameters(tmp_path, text):
    parameters = "a lake\nSteps: 20, Sampler: Euler, Seed: 4, Size: 64x64"
    opened = open_file(png_with(tmp_path / "p.png", parameters=parameters, **{KEYWORD: text}))
    assert opened.request is None
    assert opened.found.seed == 4
    assert np.array_equal(opened.picture, PIXELS)


def test_a_cut_off_picture_is_one_sentence(tmp_path):
    write_picture(tmp_path / "p.png", PIXELS, full_request())
    data = (tmp_path / "p.png").read_bytes()
    for length in (10, 60, len(data) // 2, len(data) - 30):
        (tmp_path / "cut.png").write_bytes(data[:length])
        with pytest.raises(FileError):
            open_file(tmp_path / "cut.png")


def test_transparency_orientation_and_depth(tmp_path):
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (open_file(tmp_path / "clear.png").picture == 255).all()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS).save(tmp_path / "turned.jpg", exif=exif)
    assert open_file(tmp_path / "turned.jpg").picture.shape == (32, 24, 3)
    deep = np.full((5, 5), 40000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert open_file(tmp_path / "deep.png").picture[0, 0, 0] == 155
