"""Kinds of pixels that are rarer than the corpus: floats, deep CMYK, premultiplied alpha, tiles."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image, PngImagePlugin

from studio.pictures.picture import Picture
from studio.pictures.reading import probe_picture, read_picture
from tests.pictures.corpus import CMYK, SRGB, metadata, scene, write_case

PROJECT = Path(__file__).resolve().parents[2]


def written(path: Path, pixels: np.ndarray, interpretation: str, **options: Any) -> Picture:
    """A TIFF file that libvips writes, read again."""
    image = pyvips.Image.new_from_array(pixels, interpretation=interpretation)
    if icc := options.pop("icc", None):
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    image.write_to_file(str(path), **options)
    return read_picture(path)


@pytest.mark.parametrize(
    "options",
    [
        {"tile": True, "tile_width": 16, "tile_height": 16, "compression": "deflate"},
        {"bigtiff": True},
        {"bigtiff": True, "compression": "lzw", "predictor": "horizontal"},
        {"miniswhite": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_tiff_files_laid_out_in_any_way(
    options: dict[str, Any], deep: bool, channels: int, tmp_path: Path
) -> None:
    pixels = scene()[..., 4 - channels :]
    pixels = np.ascontiguousarray(pixels if deep else (pixels >> 8).astype(np.uint8))
    grey, colour = ("grey16", "rgb16") if deep else ("b-w", "srgb")
    space = grey if channels < 3 else colour
    picture = written(tmp_path / "x.tif", pixels, space, **options)
    assert picture.pixels.dtype == pixels.dtype
    assert (picture.pixels == pixels).all()
    assert picture.notices == ()


@pytest.mark.parametrize("channels", [1, 3])
def test_floating_point_becomes_16_bits(channels: int, tmp_path: Path) -> None:
    pixels = scene()[..., :channels] / np.float32(65535)
    space = "b-w" if channels == 1 else "srgb"
    picture = written(tmp_path / "x.tif", pixels.astype(np.float32), space)
    assert (picture.pixels == scene()[..., :channels]).all()
    assert "finer than 16 bits" in picture.notices[0]


def test_deep_cmyk_becomes_deep_srgb(tmp_path: Path) -> None:
    inks = scene()
    picture = written(tmp_path / "x.tif", inks, "cmyk", icc=CMYK)
    coarse = written(tmp_path / "y.tif", (inks >> 8).astype(np.uint8), "cmyk", icc=CMYK)
    assert picture.pixels.dtype == np.uint16
    assert picture.icc is None
    assert "CMYK" in picture.notices[0]
    assert np.abs(picture.pixels / 257 - coarse.pixels).mean() < 2


@pytest.mark.parametrize("deep", [False, True])
def test_premultiplied_alpha_becomes_straight(deep: bool, tmp_path: Path) -> None:
    straight = scene()
    straight[..., 3] |= 0x8000
    straight = straight if deep else (straight >> 8).astype(np.uint8)
    path = tmp_path / "x.tif"
    written(path, straight, "rgb16" if deep else "srgb", premultiply=True)
    with Image.open(path) as image:
        assert image.tag_v2[338] == (1,)  # type: ignore[attr-defined]
    pixels = read_picture(path).pixels
    assert np.abs(pixels.astype(int) - straight).max() <= 3


def test_damaged_exif_costs_the_exif_only(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\xff\xff\0\0"
    Image.new("RGB", (3, 2)).save(tmp_path / "x.jpg", exif=exif)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", "\nexif\n  3\nnodigits")
    Image.new("RGB", (3, 2)).save(tmp_path / "x.png", pnginfo=texts)
    for name in ("x.jpg", "x.png"):
        picture = read_picture(tmp_path / name)
        assert picture.pixels.shape == (2, 3, 3)
        assert picture.exif is None
        assert "EXIF data is damaged" in picture.notices[0]


@pytest.mark.parametrize("digits", ["{0}", "457869660000{0}"])
def test_exif_that_imagemagick_hides_in_a_text(digits: str, tmp_path: Path) -> None:
    block, _ = metadata(6)
    hidden = digits.format(block.hex())
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", f"\nexif\n{len(hidden) // 2:8}\n{hidden}", zip=True)
    Image.new("RGB", (3, 2)).save(tmp_path / "x.png", pnginfo=texts)
    picture = read_picture(tmp_path / "x.png")
    assert picture.pixels.shape == (3, 2, 3)
    assert picture.exif is not None
    assert b"Studio" in picture.exif


@pytest.mark.parametrize(("primaries", "transfer", "word"), [(12, 13, "wide"), (9, 16, "HDR")])
def test_colours_beyond_srgb_without_a_profile_are_said(
    primaries: int, transfer: int, word: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.avif"
    Image.new("RGB", (8, 8), "red").save(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = bytes((0, primaries, 0, transfer))
    path.write_bytes(data)
    assert word in read_picture(path).notices[0]


def test_a_profile_for_other_colours_is_left_out(tmp_path: Path) -> None:
    Image.new("L", (3, 2)).save(tmp_path / "x.png", icc_profile=SRGB)
    Image.new("RGB", (3, 2)).save(tmp_path / "y.png", icc_profile=b"nonsense" * 40)
    for name in ("x.png", "y.png"):
        picture = read_picture(tmp_path / name)
        assert picture.icc is None
        assert "colour profile" in picture.notices[0]


def test_of_a_phones_several_pictures_the_first_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    others = [Image.new("RGB", (4, 4), "blue")]
    Image.new("RGB", (64, 32), "red").save(path, "MPO", save_all=True, append_images=others)
    picture = read_picture(path)
    assert picture.format == "jpeg"
    assert picture.pixels[0, 0, 0] > 250
    assert picture.notices == ("Only the first of its pictures is used.",)
    info = probe_picture(path, thumbnail_side=16)
    assert info.thumbnail is not None
    assert info.thumbnail.shape == (8, 16, 4)


def test_the_smallest_pictures(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "webp", "tif", "bmp", "gif", "avif", "heic"):
        path = tmp_path / f"x.{suffix}"
        Image.new("RGB", (1, 1), "white").save(path)
        assert (read_picture(path).pixels >= 254).all()
        assert probe_picture(path, thumbnail_side=64).thumbnail.shape == (1, 1, 4)  # type: ignore[union-attr]


def test_a_thumbnail_is_the_picture_made_small(tmp_path: Path) -> None:
    case = write_case(tmp_path, "tiff-rgba-16", 6)
    info = probe_picture(case.path, thumbnail_side=9)
    assert info.thumbnail is not None
    assert info.thumbnail.shape == (6, 9, 4)
    means = case.pixels.reshape(-1, 4).mean(0) / 257
    assert np.abs(info.thumbnail.reshape(-1, 4).mean(0)[3] - means[3]) < 6


def test_heic_without_its_package_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_case(tmp_path, "heic-rgb", 1).path
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(Exception, match="install the package pillow-heif"):
        read_picture(path)


def test_pictures_need_neither_torch_nor_qt_and_libvips_only_for_deep_ones() -> None:
    program = (
        "import sys, studio.pictures.reader, studio.pictures.reading, studio.pictures.writing\n"
        "import studio.pictures.journal, studio.pictures.enlarging\n"
        "print([name for name in ('torch', 'PySide6', 'pyvips') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
