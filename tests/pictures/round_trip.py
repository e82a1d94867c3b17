"""What a picture loses on its way through the studio without a word."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from studio.contract.geometry import Size
from studio.pictures.formats import BY_KEY_OUT
from studio.pictures.picture import Picture
from studio.pictures.reading import read_picture
from studio.pictures.writing import open_writer
from tests.pictures.corpus import EXPOSURE, LATITUDE, MAKER, NOTE, TAKEN, Case

FACTOR = 2
_BAND = 7  # rows that come at a time, which divides nothing
_LOSSY = 4.0


def problems(case: Case, format: str, folder: Path) -> list[str]:
    """Read the case, enlarge it, write it as ``format``, read that; what is wrong and unsaid."""
    picture = read_picture(case.path)
    found = [f"read: {problem}" for problem in _misread(case, picture)]
    path = folder / f"{case.path.name}{BY_KEY_OUT[format].suffix}"
    large = picture.pixels.repeat(FACTOR, axis=0).repeat(FACTOR, axis=1)
    said = _write(path, large, picture, format)
    back = read_picture(path)
    found += [f"{format}: {problem}" for problem in _lost(case, picture, back, large, said)]
    path.unlink()
    return found


def _write(path: Path, pixels: np.ndarray, like: Picture, format: str) -> str:
    with open_writer(path, Size(pixels.shape[1], pixels.shape[0]), like, format, 100) as writer:
        for top in range(0, len(pixels), _BAND):
            writer.write_rows(pixels[top : top + _BAND])
        return " ".join(writer.close())


def _misread(case: Case, picture: Picture) -> Iterator[str]:
    if picture.pixels.dtype != case.pixels.dtype:
        yield f"{picture.pixels.dtype} instead of {case.pixels.dtype}"
    if picture.pixels.shape != case.pixels.shape:
        yield f"{picture.pixels.shape} instead of {case.pixels.shape}"
    elif (off := _difference(picture.pixels, case.pixels)) > case.tolerance:
        yield f"pixels {off:.2f} off"
    if picture.icc != case.icc:
        yield "another colour profile"
    if case.notice not in " ".join(picture.notices):
        yield f"no word about {case.notice}"
    if not case.notice and picture.notices:
        yield f"said without need: {picture.notices}"
    if picture.exif and b"\xff\xd8" in picture.exif:
        yield "the old thumbnail is kept"
    yield from _wrong_exif(case, picture, (case.pixels.shape[1], case.pixels.shape[0]), False)
    yield from _wrong_xmp(case, picture, None)


def _lost(
    case: Case, picture: Picture, back: Picture, large: np.ndarray, said: str
) -> Iterator[str]:
    wanted, lossless = large, back.format in ("png", "tiff")
    if back.bits != picture.bits:
        if "16 bits" not in said:
            yield "bits were lost without a word"
        wanted = np.asarray(np.rint(large / 257), dtype=np.uint8)
    if picture.has_alpha and not back.has_alpha:
        if "transparency" not in said:
            yield "transparency was lost without a word"
        wanted = _over_white(wanted)
    if picture.is_grey and not back.is_grey:
        wanted = wanted[..., [0, 0, 0, 1] if wanted.shape[2] == 2 else [0, 0, 0]]
    if back.pixels.shape != wanted.shape:
        yield f"{back.pixels.shape} instead of {wanted.shape}"
    elif (off := _difference(back.pixels, wanted)) > (0 if lossless else _LOSSY):
        yield f"pixels {off:.2f} off"
    if back.icc != picture.icc and "profile" not in said:
        yield "the colour profile was lost without a word"
    if len(back.texts) < len(picture.texts) and "texts" not in said:
        yield "texts were lost without a word"
    in_exif = picture.exif is not None and back.exif is not None
    if not (in_exif or "dots per inch" in said or _same_dpi(picture.dpi, back.dpi)):
        yield f"{back.dpi} dots per inch instead of {picture.dpi}"
    yield from _wrong_exif(case, back, (large.shape[1], large.shape[0]), True)
    yield from _wrong_xmp(case, back, (large.shape[1], large.shape[0]))


def _wrong_exif(
    case: Case, picture: Picture, sides: tuple[int, int], resized: bool
) -> Iterator[str]:
    if not case.exif:
        return
    if picture.exif is None:
        yield "no EXIF data"
        return
    block = Image.Exif()
    block.load(picture.exif)
    if block.get(ExifTags.Base.Orientation, 1) != 1:
        yield "EXIF asks to be turned again"
    if block.get(ExifTags.Base.Make) != MAKER or block.get(ExifTags.Base.DateTime) != TAKEN:
        yield "maker or date are lost"
    if not case.camera:
        return
    camera, place = block.get_ifd(ExifTags.IFD.Exif), block.get_ifd(ExifTags.IFD.GPSInfo)
    if abs(float(camera.get(ExifTags.Base.ExposureTime, 0)) - EXPOSURE) > 1e-6:
        yield "the exposure is lost"
    if camera.get(ExifTags.Base.MakerNote) != NOTE:
        yield "the maker's note is lost"
    if tuple(map(float, place.get(2, ()))) != LATITUDE:
        yield "the place is lost"
    stated = (
        camera.get(ExifTags.Base.ExifImageWidth),
        camera.get(ExifTags.Base.ExifImageHeight),
    )
    if resized and stated != sides:
        yield f"EXIF says {stated} instead of {sides}"


def _wrong_xmp(case: Case, picture: Picture, sides: tuple[int, int] | None) -> Iterator[str]:
    if not case.xmp:
        return
    if picture.xmp is None:
        yield "no XMP data"
        return
    text = picture.xmp.decode()
    turned = re.search(r'tiff:Orientation="([^1])"', text)
    if turned or "Höhe" not in text:
        yield f"XMP was damaged: {text}"
    if sides and (f'Dimension="{sides[0]}"' not in text or f">{sides[1]}</exif" not in text):
        yield "XMP says another size"


def _difference(some: np.ndarray, others: np.ndarray) -> float:
    scale = 257 if others.dtype == np.uint16 else 1
    return float(np.abs(some.astype(float) - others).mean()) / scale


def _over_white(pixels: np.ndarray) -> np.ndarray:
    share = pixels[..., -1:] / 255.0
    return np.asarray(np.rint(pixels[..., :-1] * share + 255 * (1 - share)), dtype=np.uint8)


def _same_dpi(some: tuple[float, float] | None, others: tuple[float, float] | None) -> bool:
    return some is None or (others is not None and np.allclose(some, others, atol=0.6))
