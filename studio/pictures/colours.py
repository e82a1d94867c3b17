"""Colours that pictures come in, made into grey or RGB through their profiles."""

import io
from collections.abc import Callable

from PIL import Image, ImageCms

_SPACES = {b"GRAY": "grey", b"RGB ": "RGB", b"CMYK": "CMYK", b"Lab ": "Lab"}

Convert = Callable[[Image.Image], Image.Image]


def space_of(icc: bytes) -> str | None:
    """The colours that a profile describes: "grey", "RGB", "CMYK", "Lab"; None if it is none."""
    if len(icc) < 128 or icc[36:40] != b"acsp":
        return None
    return _SPACES.get(icc[16:20])


def to_srgb(mode: str, icc: bytes | None) -> tuple[Convert, str]:
    """How CMYK and Lab pixels become sRGB, and the sentence that says so.

    ``mode`` is Pillow's, "CMYK" or "LAB". Without a usable profile CMYK is converted by the
    simple rule, and the sentence says that, too.
    """
    name = {"CMYK": "CMYK", "LAB": "Lab"}[mode]
    transform = _transform(mode, icc)
    if transform is None:
        return (
            lambda part: part.convert("RGB"),
            f"Its {name} colours, which came without a profile, were converted to sRGB by a "
            "simple rule and may look different in print.",
        )

    def convert(part: Image.Image) -> Image.Image:
        converted = ImageCms.applyTransform(part, transform)
        assert converted is not None  # only what is changed in place returns None
        return converted

    return convert, f"Its {name} colours were converted to sRGB."


def _transform(mode: str, icc: bytes | None) -> ImageCms.ImageCmsTransform | None:
    try:
        if mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif icc is not None and space_of(icc) == "CMYK":
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        else:
            return None
        return ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
