"""Maps survive files bit for bit; foreign colours are matched and what is not is counted."""

import errno

import numpy as np
import pytest
from PIL import Image

from studio.contract.materials import BY_KEY, MATERIALS, UNLABELLED
from studio.document.formats import (
    FORMATS,
    FileError,
    maps,
    open_file,
    read_any_map,
    write_gaugan,
    write_map,
)
from studio.document.palette import ADE20K, GAUGAN, coloured

IDS = np.array([material.id for material in MATERIALS] + [UNLABELLED], np.uint8)
ROWS = {row.key: row for row in FORMATS}


@pytest.fixture
def labels():
    return np.random.default_rng(0).choice(IDS, (33, 47))


def test_a_palette_png_is_bit_exact(tmp_path, labels):
    path = tmp_path / "map.png"
    write_map(path, labels)
    assert Image.open(path).mode == "P"
    assert np.array_equal(np.asarray(Image.open(path)), labels)
    assert np.array_equal(ROWS["map"].read(path).labels, labels)
    assert np.array_equal(open_file(path).labels, labels)


def test_a_map_of_one_label_is_bit_exact(tmp_path):
    path = tmp_path / "map.png"
    for label in (IDS[0], UNLABELLED):
        labels = np.full((9, 9), label, np.uint8)
        write_map(path, labels)
        assert np.array_equal(open_file(path).labels, labels)


def test_a_grey_png_is_read_as_labels(tmp_path, labels):
    Image.fromarray(labels).save(tmp_path / "grey.png")
    opened = open_file(tmp_path / "grey.png")
    assert (opened.format, opened.unmatched) == ("map", 0)
    assert np.array_equal(opened.labels, labels)


def test_labels_that_are_no_material_are_counted(tmp_path, labels):
    foreign = labels.copy()
    foreign[:2, :5] = 200
    Image.fromarray(foreign).save(tmp_path / "grey.png")
    opened = ROWS["map"].read(tmp_path / "grey.png")
    assert opened.unmatched == 10
    assert (opened.labels[:2, :5] == UNLABELLED).all()
    assert np.array_equal(opened.labels[2:], labels[2:])


def test_gaugan_colours_round_trip_and_their_red_is_the_id(tmp_path, labels):
    assert all(material.gaugan[0] == material.id for material in MATERIALS)
    write_gaugan(tmp_path / "gaugan.png", labels)
    opened = open_file(tmp_path / "gaugan.png")
    assert (opened.format, opened.unmatched) == ("gaugan", 0)
    assert np.array_equal(opened.labels, labels)


def test_unmatched_pixels_of_a_coloured_map_are_counted(tmp_path, labels):
    pixels = coloured(labels).copy()
    pixels[:3, :4] = (255, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "map.png")
    opened = ROWS["gaugan"].read(tmp_path / "map.png")
    assert opened.unmatched == 12
    assert (opened.labels[:3, :4] == UNLABELLED).all()
    assert np.array_equal(opened.labels[3:], labels[3:])


def test_nearly_right_colours_match_and_a_quantised_map_is_read_by_colour(tmp_path, labels):
    noise = np.random.default_rng(2).integers(-2, 3, (*labels.shape, 3))
    pixels = np.clip(coloured(labels).astype(int) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noisy.png")
    opened = open_file(tmp_path / "noisy.png")
    assert (opened.format, opened.unmatched) == ("gaugan", 0)
    assert np.array_equal(opened.labels, labels)
    Image.fromarray(coloured(labels)).quantize(32).save(tmp_path / "indexed.png")
    opened = open_file(tmp_path / "indexed.png")
    assert np.array_equal(opened.labels, labels)


def test_ade20k_colours_are_recognised(tmp_path):
    colours = list(ADE20K)
    pixels = np.array(colours, np.uint8)[np.random.default_rng(1).integers(0, len(colours), (9, 9))]
    Image.fromarray(pixels).save(tmp_path / "ade.png")
    opened = open_file(tmp_path / "ade.png")
    assert (opened.format, opened.unmatched) == ("ade20k", 0)
    assert opened.labels[0, 0] == ADE20K[tuple(int(value) for value in pixels[0, 0])]
    assert ADE20K[112, 9, 255] == BY_KEY["grass"].id
    assert all(GAUGAN[material.gaugan] == material.id for material in MATERIALS)


def test_a_photograph_is_no_map(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    opened = open_file(tmp_path / "photo.png")
    assert opened.labels is None
    assert np.array_equal(opened.picture, pixels)
    with pytest.raises(FileError, match="doesn't look like a label map"):
        read_any_map(tmp_path / "photo.png")
    ramp = np.tile(np.linspace(0, 255, 256).astype(np.uint8), (50, 1))
    Image.fromarray(ramp).save(tmp_path / "grey.png")
    assert open_file(tmp_path / "grey.png").labels is None
    Image.new("RGB", (20, 20)).save(tmp_path / "black.png")
    assert open_file(tmp_path / "black.png").labels is None


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.key)
def test_every_format_answers_bad_files_with_a_sentence(tmp_path, row):
    good = tmp_path / "good.png"
    write_map(good, np.zeros((300, 300), np.uint8))
    truncated = tmp_path / "truncated.png"
    truncated.write_bytes(good.read_bytes()[:90])
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    empty = tmp_path / "empty.png"
    empty.touch()
    for path in (tmp_path / "missing.png", truncated, text, empty, tmp_path):
        with pytest.raises(FileError) as caught:
            row.read(path)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


def test_a_picture_beyond_the_budget_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "huge.png"
    Image.new("1", (9000, 9000)).save(path)
    with pytest.raises(FileError, match="9000x9000"):
        open_file(path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, labels, monkeypatch, number):
    path = tmp_path / "map.png"
    path.write_bytes(b"precious")

    def full(*_args, **_options):
        raise OSError(number, "broken")

    monkeypatch.setattr(maps, "_save_palette", full)
    with pytest.raises(FileError) as caught:
        write_map(path, labels)
    assert ("disk is full" in str(caught.value)) == (number == errno.ENOSPC)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path, labels):
    with pytest.raises(FileError, match="no folder"):
        write_map(tmp_path / "nowhere" / "map.png", labels)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(FileError, match="folder"):
        write_map(tmp_path / "folder.png", labels)
