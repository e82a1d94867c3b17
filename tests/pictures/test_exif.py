"""EXIF and XMP data changed in place."""

import struct
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from studio.contract.geometry import Size
from studio.pictures import exif, xmp
from studio.pictures.formats import BY_KEY_OUT
from studio.pictures.picture import Picture
from studio.pictures.writing import open_writer
from tests.pictures.corpus import NOTE, metadata


def fields(block: bytes) -> tuple[Image.Exif, dict[int, object]]:
    found = Image.Exif()
    found.load(block)
    return found, found.get_ifd(ExifTags.IFD.Exif)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_without_thumbnail(orientation: int) -> None:
    block, _ = metadata(orientation)
    assert exif.orientation_of(block) == orientation
    upright = exif.upright(block)
    assert upright is not None
    assert exif.orientation_of(upright) == 1
    assert fields(block)[0].get_ifd(ExifTags.IFD.IFD1)
    assert not fields(upright)[0].get_ifd(ExifTags.IFD.IFD1)
    assert b"\xff\xd8" not in upright
    assert len(upright) < len(block)


def test_what_is_not_changed_stays_where_it_was() -> None:
    block, _ = metadata(6)
    changed = exif.resized(exif.upright(block) or b"", Size(70000, 50))
    assert changed.index(NOTE) == block.index(NOTE)  # makers' notes point into the block
    assert fields(changed)[1][ExifTags.Base.MakerNote] == NOTE
    assert fields(changed)[1][ExifTags.Base.ExifImageWidth] == 70000
    assert fields(changed)[1][ExifTags.Base.ExifImageHeight] == 50


def test_both_byte_orders() -> None:
    folder = struct.pack(">HHHLHHL", 1, 0x0112, 3, 1, 6, 0, 0)
    block = b"MM\0*\0\0\0\x08" + folder
    assert exif.orientation_of(block) == 6
    assert exif.orientation_of(exif.upright(block) or b"") == 1
    assert exif.without_prefix(b"Exif\0\0Exif\0\0" + block) == block


@given(st.data())
def test_a_broken_block_is_left_out_or_stays_readable(data: st.DataObject) -> None:
    block = bytearray(metadata(6)[0])
    for at in data.draw(st.lists(st.integers(0, len(block) - 1), min_size=1, max_size=8)):
        block[at] = data.draw(st.integers(0, 255))
    cut = bytes(block[: data.draw(st.integers(0, len(block)))])
    assert 1 <= exif.orientation_of(cut) <= 8
    upright = exif.upright(cut)
    assert exif.resized(cut, Size(3, 4)) is not None
    if upright is not None:
        assert exif.orientation_of(upright) == 1
        assert len(upright) <= len(cut)


# Pillow warns of what is broken on purpose.
@pytest.mark.filterwarnings("ignore::UserWarning")
@given(st.data())
def test_no_block_keeps_a_picture_from_being_written(data: st.DataObject) -> None:
    block = bytearray(metadata(6)[0])
    for at in data.draw(st.lists(st.integers(8, 300), min_size=1, max_size=8)):
        block[at] = data.draw(st.integers(0, 255))
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    like = Picture(pixels=pixels, format="png", exif=exif.upright(bytes(block)))
    with tempfile.TemporaryDirectory() as folder:
        for format in BY_KEY_OUT:
            with open_writer(Path(folder) / format, like.size, like, format) as writer:
                writer.write_rows(pixels)
                said = writer.close()
            with Image.open(Path(folder) / format) as image:
                assert image.size == (2, 2)
            assert all("EXIF" in notice for notice in said)


def test_xmp_follows_the_picture() -> None:
    packet = metadata(8)[1].replace(b"<title>", b"<xmp:Thumbnails>/9j/4A</xmp:Thumbnails><title>")
    changed = xmp.resized(xmp.upright(packet), Size(52, 36)).decode()
    assert 'tiff:Orientation="1"' in changed
    assert 'exif:PixelXDimension="52"' in changed
    assert "<exif:PixelYDimension>36</exif:PixelYDimension>" in changed
    assert "Thumbnails" not in changed
    assert "Höhe" in changed


def test_jpeg_readers_see_what_was_changed() -> None:
    block, _ = metadata(3)
    stream = BytesIO()
    upright = exif.upright(block) or b""
    Image.new("RGB", (4, 4)).save(stream, "JPEG", exif=b"Exif\0\0" + upright)
    assert Image.open(stream).getexif()[ExifTags.Base.Orientation] == 1
