"""Writers: rows in, the same pixels out, nothing partial, little memory."""

import subprocess
import sys
import textwrap
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from studio.contract.geometry import Size
from studio.pictures.picture import Picture, PictureError
from studio.pictures.png import PngRows
from studio.pictures.tiff import TiffRows
from studio.pictures.writing import open_writer

PROJECT = Path(__file__).resolve().parents[2]


def picture(height: int = 5, width: int = 7, channels: int = 3, bits: int = 8) -> Picture:
    kind = np.uint8 if bits == 8 else np.uint16
    pixels = np.random.default_rng(0).integers(0, 2**bits, (height, width, channels), dtype=kind)
    return Picture(pixels=pixels, format="png")


_PIXELS = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda kind: arrays.arrays(
        kind,
        st.tuples(st.integers(1, 40), st.integers(1, 30), st.integers(1, 4)),
        elements=st.integers(0, 255) | st.integers(0, np.iinfo(kind).max),
    )
)


@pytest.mark.parametrize("rows", [PngRows, TiffRows])
@given(pixels=_PIXELS, band=st.integers(1, 41))
def test_libvips_reads_the_pixels_that_were_written(
    rows: type[PngRows] | type[TiffRows], pixels: np.ndarray, band: int
) -> None:
    stream = BytesIO()
    height, width = pixels.shape[:2]
    encoder = rows(stream, Size(width, height), Picture(pixels=pixels, format="png"))
    for top in range(0, height, band):
        encoder.write(pixels[top : top + band])
    encoder.end()
    read = pyvips.Image.new_from_buffer(stream.getvalue(), "", fail_on="warning").numpy()
    assert read.dtype == pixels.dtype
    assert (read.reshape(pixels.shape) == pixels).all()


@pytest.mark.parametrize("strips", [1, 4000])
def test_a_tiff_file_beyond_4_gb_is_a_big_one(strips: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.pictures.tiff._CLASSIC_LIMIT", 0)
    monkeypatch.setattr("studio.pictures.tiff._STRIP_BYTES", 10**9 if strips == 1 else 1)
    like, stream = picture(height=strips, width=3), BytesIO()
    encoder = TiffRows(stream, like.size, like)
    encoder.write(like.pixels)
    encoder.end()
    assert stream.getvalue()[:4] == b"II+\0"
    assert (np.asarray(Image.open(stream)) == like.pixels).all()
    assert (pyvips.Image.new_from_buffer(stream.getvalue(), "").numpy() == like.pixels).all()


@pytest.mark.parametrize("format", ["png", "tiff", "jpeg", "webp", "avif"])
def test_whatever_goes_wrong_leaves_nothing(format: str, tmp_path: Path) -> None:
    like, path = picture(), tmp_path / "x"
    with open_writer(path, like.size, like, format) as writer:
        writer.write_rows(like.pixels[:2])
        with pytest.raises(ValueError, match="uint16"):
            writer.write_rows(like.pixels.astype(np.uint16))
        with pytest.raises(ValueError, match="more than 5 rows"):
            writer.write_rows(like.pixels)
    with (
        open_writer(path, like.size, like, format) as writer,
        pytest.raises(ValueError, match="0 rows of 5"),
    ):
        writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    like, path = picture(), tmp_path / "x.png"
    writer = open_writer(path, like.size, like, "png")
    writer.write_rows(like.pixels)
    path.write_text("came up meanwhile")
    with pytest.raises(PictureError, match="There is a file"):
        writer.close()
    with pytest.raises(PictureError, match="There is a file"):
        open_writer(path, like.size, like, "png")
    assert path.read_text() == "came up meanwhile"
    with open_writer(path, like.size, like, "png", overwrite=True) as writer:
        writer.write_rows(like.pixels)
        writer.close()
    assert Image.open(path).size == (7, 5)
    assert list(tmp_path.iterdir()) == [path]


def _write(path: Path, size: Size, format: str, quality: int | None) -> None:
    with open_writer(path, size, picture(), format, quality) as writer:
        writer.write_rows(np.zeros((size.height, size.width, 3), dtype=np.uint8))
        writer.close()


@pytest.mark.parametrize(
    ("path", "size", "format", "quality", "sentence"),
    [
        ("none/x.png", Size(1, 1), "png", None, "no folder"),
        ("x" * 300, Size(1, 1), "png", None, "too long"),
        ("x.webp", Size(16384, 2), "webp", None, "at most 16383 pixels"),
        ("x.jpg", Size(65501, 2), "jpeg", None, "choose PNG or TIFF"),
        ("x.jpg", Size(20000, 20000), "jpeg", None, "row by row"),
        ("x.jpg", Size(2, 2), "jpeg", 101, "quality"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(
    path: str, size: Size, format: str, quality: int | None, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(PictureError, match=sentence) as caught:
        _write(tmp_path / path, size, format, quality)
    assert str(caught.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_long_for_jpeg_is_said(tmp_path: Path) -> None:
    block = Image.Exif()
    block[270] = "x" * 70_000
    like = Picture(
        pixels=picture().pixels,
        format="png",
        exif=block.tobytes().removeprefix(b"Exif\0\0"),
        xmp=b"x" * 70_000,
        texts=(("Title", "Höhe"), ("Comment", "a note")),
    )
    with open_writer(tmp_path / "x.jpg", like.size, like, "jpeg") as writer:
        writer.write_rows(like.pixels)
        said = writer.close()
    assert len(said) == 3
    assert "EXIF" in said[0]
    assert "XMP" in said[1]
    assert "texts" in said[2]
    assert Image.open(tmp_path / "x.jpg").info["comment"] == b"a note"


_FULL_DISK = """
    import resource
    from pathlib import Path
    import numpy as np
    from studio.contract.geometry import Size
    from studio.pictures.picture import Picture, PictureError
    from studio.pictures.writing import open_writer
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    pixels = np.random.default_rng(0).integers(0, 256, (400, 400, 4), dtype=np.uint8)
    like = Picture(pixels=pixels, format="png")
    for format in ("png", "tiff", "jpeg", "webp", "avif"):
        try:
            with open_writer(Path(format), like.size, like, format, 100) as writer:
                for top in range(0, 400, 50):
                    writer.write_rows(pixels[top:top + 50])
                writer.close()
        except PictureError as problem:
            print(problem)
"""


def test_a_full_disk_is_a_sentence_for_every_format(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_FULL_DISK)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    said = done.stdout.splitlines()
    assert len(said) == 5, done
    assert all("larger than the disk allows" in line for line in said)
    assert list(tmp_path.iterdir()) == []


_LARGE = """
    import sys, resource
    from pathlib import Path
    import numpy as np
    from studio.contract.geometry import Size
    from studio.pictures.picture import Picture
    from studio.pictures.writing import open_writer
    band = np.random.default_rng(0).integers(0, 4, (64, 16384, 3), dtype=np.uint8)
    size = Size(16384, 64 * int(sys.argv[2]))
    like = Picture(pixels=band[:1], format="png")
    with open_writer(Path("x"), size, like, sys.argv[1]) as writer:
        for _ in range(int(sys.argv[2])):
            writer.write_rows(band)
        writer.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.parametrize("format", ["png", "tiff"])
def test_memory_does_not_grow_with_the_picture(format: str, tmp_path: Path) -> None:
    peaks = []
    for bands in (2, 12):  # 6 and 38 MB of pixels
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(_LARGE), format, str(bands)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout))
        (tmp_path / "x").unlink()
    assert peaks[1] - peaks[0] < 8_000_000
