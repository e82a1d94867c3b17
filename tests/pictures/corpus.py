"""Picture files of every kind, mode, depth and orientation, with what must come out of them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pyvips
from PIL import ExifTags, Image, ImageCms

pillow_heif.register_heif_opener()

WIDTH, HEIGHT = 26, 18
MAKER, TAKEN, EXPOSURE, NOTE = "Studio", "2021:03:04 05:06:07", 1 / 125, b"Maker's own\0\x01\x02"
LATITUDE = (48.0, 8.0, 1.5)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
CMYK = pyvips.Image.profile_load("cmyk")
# A header is all that is looked at where grey stays grey.
GREY = struct.pack(">L", 132) + b"\0" * 12 + b"GRAYXYZ " + b"\0" * 12 + b"acsp" + b"\0" * 92

# What turns an upright image into what a file of this orientation stores.
_TO_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
ORIENTATIONS = range(1, 9)


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A file and the truth about it. ``tolerance``: of the mean difference, in parts of 255;
    ``camera``: whether its EXIF data holds exposure and place, too.
    """

    path: Path
    pixels: np.ndarray = field(repr=False)
    tolerance: float = 0.0
    exif: bool = True
    camera: bool = True
    icc: bytes | None = None
    xmp: bool = True
    notice: str = ""


def scene() -> np.ndarray:
    """uint16 [H, W, 4]: smooth, different at every corner, all low bits used."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH] / (HEIGHT, WIDTH)[0]
    across = across * HEIGHT / WIDTH
    planes = (down, across, 0.5 + 0.4 * np.sin(3 * down + across), 0.2 + 0.7 * across)
    deep = np.clip(np.stack(planes, axis=-1), 0, 1) * 60000 + 2100
    return np.asarray(deep, dtype=np.uint16)


def metadata(orientation: int) -> tuple[bytes, bytes]:
    """An EXIF block with a thumbnail, and an XMP packet, of a picture stored so."""
    sides = (WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH)
    block = Image.Exif()
    block[ExifTags.Base.Make] = MAKER
    block[ExifTags.Base.DateTime] = TAKEN
    block[ExifTags.Base.Orientation] = orientation
    block[ExifTags.IFD.Exif] = {
        ExifTags.Base.ExposureTime: EXPOSURE,
        ExifTags.Base.MakerNote: NOTE,
        ExifTags.Base.ExifImageWidth: sides[0],
        ExifTags.Base.ExifImageHeight: sides[1],
    }
    block[ExifTags.IFD.GPSInfo] = {1: "N", 2: LATITUDE}
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        f'tiff:Orientation="{orientation}" exif:PixelXDimension="{sides[0]}">'
        f"<exif:PixelYDimension>{sides[1]}</exif:PixelYDimension><title>Höhe</title>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return _with_thumbnail(block.tobytes().removeprefix(b"Exif\0\0")), xmp.encode()


def _with_thumbnail(block: bytes) -> bytes:
    small = BytesIO()
    Image.new("RGB", (8, 8), "red").save(small, "JPEG")
    order = "<" if block[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "L", block, 4)
    (count,) = struct.unpack_from(order + "H", block, first)
    second = len(block)
    start = second + 2 + 2 * 12 + 4
    folder = struct.pack(order + "HHHLLHHLLL", 2, 0x201, 4, 1, start, 0x202, 4, 1, small.tell(), 0)
    link = struct.pack(order + "L", second)
    at = first + 2 + 12 * count
    return block[:at] + link + block[at + 4 :] + folder + small.getvalue()


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """How some files are made with Pillow: ``mode`` of the pixels, options of the writer."""

    name: str
    suffix: str
    mode: str
    icc: bytes | None = None
    options: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 0.0
    exif: bool = True
    xmp: bool = True
    notice: str = ""


_LOSSY = 3.0
_WEBP = {"lossless": True, "exact": True}
_HEIC = {"chroma": 444}
_TRANSPARENT = {"transparency": 3}

PILLOW_KINDS = (
    _Kind(name="png-1", suffix="png", mode="1"),
    _Kind(name="png-grey", suffix="png", mode="L", icc=GREY),
    _Kind(name="png-grey-tRNS", suffix="png", mode="L", options={"transparency": 128}),
    _Kind(name="png-grey-alpha", suffix="png", mode="LA", icc=GREY),
    _Kind(name="png-palette", suffix="png", mode="P", icc=SRGB),
    _Kind(name="png-palette-tRNS", suffix="png", mode="P", options=_TRANSPARENT),
    _Kind(name="png-rgb", suffix="png", mode="RGB", icc=SRGB),
    _Kind(name="png-rgb-tRNS", suffix="png", mode="RGB", options={"transparency": (1, 2, 3)}),
    _Kind(name="png-rgba", suffix="png", mode="RGBA", icc=SRGB),
    _Kind(name="jpeg-grey", suffix="jpg", mode="L", icc=GREY, tolerance=_LOSSY),
    _Kind(name="jpeg-rgb", suffix="jpg", mode="RGB", icc=SRGB, tolerance=_LOSSY),
    _Kind(
        name="jpeg-progressive",
        suffix="jpeg",
        mode="RGB",
        options={"progressive": True, "quality": 95},
        tolerance=_LOSSY,
    ),
    _Kind(
        name="jpeg-cmyk",
        suffix="jpg",
        mode="CMYK",
        icc=CMYK,
        tolerance=6.0,
        notice="CMYK",
    ),
    _Kind(name="jpeg-cmyk-bare", suffix="jpg", mode="CMYK", tolerance=6.0, notice="profile"),
    _Kind(name="webp-rgb", suffix="webp", mode="RGB", icc=SRGB, options=_WEBP),
    _Kind(name="webp-rgba", suffix="webp", mode="RGBA", options=_WEBP),
    _Kind(name="webp-lossy", suffix="webp", mode="RGB", options={"quality": 95}, tolerance=_LOSSY),
    _Kind(name="tiff-1", suffix="tif", mode="1", options={"compression": "group4"}),
    _Kind(name="tiff-grey", suffix="tif", mode="L", icc=GREY),
    _Kind(name="tiff-palette", suffix="tif", mode="P"),
    _Kind(name="tiff-rgb", suffix="tiff", mode="RGB", icc=SRGB, options={"compression": "lzw"}),
    _Kind(name="tiff-rgba", suffix="tif", mode="RGBA", options={"compression": "tiff_deflate"}),
    _Kind(name="tiff-packbits", suffix="tif", mode="RGB", options={"compression": "packbits"}),
    _Kind(
        name="tiff-jpeg",
        suffix="tif",
        mode="RGB",
        options={"compression": "jpeg", "quality": 95},
        tolerance=6.0,
    ),
    _Kind(name="tiff-cmyk", suffix="tif", mode="CMYK", icc=CMYK, tolerance=2.0, notice="CMYK"),
    _Kind(name="avif-rgb", suffix="avif", mode="RGB", icc=SRGB, tolerance=_LOSSY),
    _Kind(name="avif-rgba", suffix="avif", mode="RGBA", tolerance=_LOSSY),
    _Kind(name="heic-rgb", suffix="heic", mode="RGB", icc=SRGB, options=_HEIC, tolerance=_LOSSY),
    _Kind(name="heic-rgba", suffix="heic", mode="RGBA", options=_HEIC, tolerance=_LOSSY),
)
# These know neither EXIF nor orientation.
PLAIN_KINDS = (
    _Kind(name="bmp-1", suffix="bmp", mode="1"),
    _Kind(name="bmp-grey", suffix="bmp", mode="L"),
    _Kind(name="bmp-palette", suffix="bmp", mode="P"),
    _Kind(name="bmp-rgb", suffix="bmp", mode="RGB"),
    _Kind(name="gif-palette", suffix="gif", mode="P"),
    _Kind(name="gif-transparent", suffix="gif", mode="P", options=_TRANSPARENT),
    _Kind(name="gif-grey", suffix="gif", mode="L"),
    _Kind(name="gif-animated", suffix="gif", mode="P", options={"animated": True}, notice="frames"),
    _Kind(
        name="png-animated", suffix="png", mode="RGB", options={"animated": True}, notice="frames"
    ),
    _Kind(
        name="webp-animated",
        suffix="webp",
        mode="RGB",
        options={"animated": True, "lossless": True},
        notice="frames",
    ),
    _Kind(name="tiff-pages", suffix="tif", mode="RGB", options={"animated": True}, notice="pages"),
)
DEEP_KINDS = (
    *((f"png-{name}-16", "png", bands) for name, bands in (("grey", 1), ("grey-alpha", 2))),
    *((f"png-{name}-16", "png", bands) for name, bands in (("rgb", 3), ("rgba", 4))),
    *((f"tiff-{name}-16", "tif", bands) for name, bands in (("grey", 1), ("grey-alpha", 2))),
    *((f"tiff-{name}-16", "tif", bands) for name, bands in (("rgb", 3), ("rgba", 4))),
    ("avif-rgb-10", "avif", 3),
    ("heic-rgb-10", "heic", 3),
)

_BY_NAME = {kind.name: kind for kind in PILLOW_KINDS}
_PLAIN_BY_NAME = {kind.name: kind for kind in PLAIN_KINDS}
_DEEP_BY_NAME = {name: (suffix, bands) for name, suffix, bands in DEEP_KINDS}
NAMES = (*_BY_NAME, *_PLAIN_BY_NAME, *_DEEP_BY_NAME)


def write_case(folder: Path, name: str, orientation: int = 1) -> Case:
    """The file of a name, written into ``folder``."""
    if name in _BY_NAME:
        return write_with_pillow(folder, _BY_NAME[name], orientation)
    if name in _PLAIN_BY_NAME:
        return write_plain(folder, _PLAIN_BY_NAME[name])
    return write_deep(folder, name, *_DEEP_BY_NAME[name], orientation)


def write_corpus(folder: Path) -> Iterator[Case]:
    """Every case, its file written into ``folder``; more than 300 of them."""
    for name in NAMES:
        for orientation in ORIENTATIONS[:1] if name in _PLAIN_BY_NAME else ORIENTATIONS:
            yield write_case(folder, name, orientation)


def write_with_pillow(folder: Path, kind: _Kind, orientation: int) -> Case:
    """One file with all metadata."""
    path = folder / f"{kind.name}-{orientation}.{kind.suffix}"
    upright = _image(kind)
    exif, xmp = metadata(orientation)
    image = upright.transpose(_TO_STORED[orientation]) if orientation > 1 else upright
    options: dict[str, Any] = {"exif": exif, "xmp": xmp, **kind.options}
    if kind.suffix in ("jpg", "jpeg", "avif", "heic"):
        options.setdefault("quality", 95)
    if kind.suffix in ("jpg", "jpeg"):
        options["exif"] = b"Exif\0\0" + exif
        options["subsampling"] = 0
    if kind.icc:
        options["icc_profile"] = kind.icc
    if kind.suffix == "png":
        options["pnginfo"] = _png_texts(options.pop("xmp"))
    if kind.suffix in ("tif", "tiff"):
        options = _tiff_options(options, orientation)
    image.save(path, **options)
    return Case(
        path=path,
        pixels=_expected(upright, kind),
        tolerance=kind.tolerance,
        camera="compression" not in kind.options,  # libtiff's encoders leave those folders out
        icc=None if kind.mode == "CMYK" else kind.icc,
        notice=kind.notice,
    )


def write_plain(folder: Path, kind: _Kind) -> Case:
    """One file of a format without metadata, or of several frames."""
    image, options = _image(kind), dict(kind.options)
    if options.pop("animated", False):
        options.update(save_all=True, append_images=[image.transpose(_TO_STORED[3])])
    path = folder / f"{kind.name}.{kind.suffix}"
    image.save(path, **options)
    return Case(
        path=path,
        pixels=_expected(image, kind),
        tolerance=kind.tolerance,
        exif=False,
        xmp=False,
        notice=kind.notice,
    )


def write_deep(folder: Path, name: str, suffix: str, bands: int, orientation: int) -> Case:
    """One file of 16 bits a channel, or of 10 where the format has no more."""
    upright = scene()[..., {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[bands]]
    path = folder / f"{name}-{orientation}.{suffix}"
    pixels = np.ascontiguousarray(stored_array(upright, orientation))
    exif, xmp = metadata(orientation)
    icc = SRGB if bands > 2 else GREY
    if suffix == "heic":
        data = pixels.tobytes()
        image = pillow_heif.from_bytes("RGB;16", pixels.shape[1::-1], data)
        image.save(path, quality=95, chroma=444, exif=exif, xmp=xmp, icc_profile=icc)
    else:
        _write_with_vips(path, pixels, orientation, exif, xmp, icc)
    lossy = suffix in ("avif", "heic")
    return Case(
        path=path,
        pixels=upright,
        tolerance=_LOSSY if lossy else 0.0,
        icc=icc,
        exif=suffix != "tif",  # libvips leaves EXIF out there
    )


def stored_array(upright: np.ndarray, orientation: int) -> np.ndarray:
    """What a file of this orientation stores of the array, by the words of the EXIF standard."""
    flat = {1: upright, 2: np.fliplr(upright), 3: np.rot90(upright, 2), 4: np.flipud(upright)}
    if orientation in flat:
        return flat[orientation]
    turned = upright.swapaxes(0, 1)
    return {
        5: turned,
        6: np.rot90(upright, 1),
        7: np.rot90(turned, 2),
        8: np.rot90(upright, -1),
    }[orientation]


def _write_with_vips(
    path: Path, pixels: np.ndarray, orientation: int, exif: bytes, xmp: bytes, icc: bytes
) -> None:
    bands = pixels.shape[2]
    image = pyvips.Image.new_from_array(pixels)
    image = image.copy(interpretation="grey16" if bands < 3 else "rgb16")
    for field_name, blob in (("exif-data", exif), ("xmp-data", xmp), ("icc-profile-data", icc)):
        image.set_type(pyvips.GValue.blob_type, field_name, blob)
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    options: dict[str, Any] = {}
    if path.suffix == ".tif":
        options = {"compression": "lzw", "predictor": "horizontal"}
    if path.suffix == ".avif":
        options = {"bitdepth": 10, "Q": 95}
    image.write_to_file(str(path), **options)


def _image(kind: _Kind) -> Image.Image:
    rgba = Image.fromarray((scene() >> 8).astype(np.uint8))
    if kind.mode == "P":
        return rgba.convert("RGB").quantize(16)
    if kind.mode == "CMYK":
        c, m, y, a = rgba.split()
        return Image.merge("CMYK", (c, m, y, a.point(lambda v: v // 4)))
    if kind.name == "png-rgb-tRNS":
        rgb = rgba.convert("RGB")
        rgb.putpixel((4, 5), (1, 2, 3))
        return rgb
    return rgba.convert(kind.mode)


def _expected(image: Image.Image, kind: _Kind) -> np.ndarray:
    if kind.mode == "CMYK":
        return _cmyk_in_srgb(image, kind.icc)
    if "transparency" in kind.options:
        image = image.copy()
        image.info["transparency"] = kind.options["transparency"]
        return np.asarray(image.convert("RGBA"))[..., [0, 3] if kind.mode == "L" else slice(4)]
    mode = {"1": "L", "P": "RGB"}.get(kind.mode, kind.mode)
    if kind.name == "gif-grey":
        mode = "RGB" if Image.open(BytesIO(_gif(image))).mode == "P" else "L"
    pixels = np.asarray(image.convert(mode))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _gif(image: Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "GIF")
    return stream.getvalue()


def _cmyk_in_srgb(image: Image.Image, icc: bytes | None) -> np.ndarray:
    """With libvips, whose colour management is set up apart from the product's."""
    if icc is None:
        return np.asarray(image.convert("RGB"))
    inks = pyvips.Image.new_from_array(np.asarray(image), interpretation="cmyk")
    inks.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    options = {"embedded": True, "intent": "relative", "black_point_compensation": True}
    return inks.icc_transform("srgb", **options).numpy()


def _png_texts(xmp: bytes) -> Any:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
    texts.add_text("Title", "Höhe", zip=True)
    return texts


def _tiff_options(options: dict[str, Any], orientation: int) -> dict[str, Any]:
    block = Image.Exif()
    block.load(options.pop("exif"))
    tags = Image.Exif()
    for tag in (ExifTags.Base.Make, ExifTags.Base.DateTime):
        tags[tag] = block[tag]
    if "compression" not in options:
        for folder in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            tags[folder] = block.get_ifd(folder)
    tags[ExifTags.Base.Orientation] = orientation
    tags[700] = options.pop("xmp")
    return {**options, "exif": tags.tobytes()}
