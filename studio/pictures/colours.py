"""Colours that pictures come in, made into grey or RGB through their profiles."""

import functools
import io
from collections.abc import Callable

import numpy as np
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


def in_srgb(pixels: np.ndarray, icc: bytes | None) -> np.ndarray:
    """uint8 [H, W, 4], alpha last, through its profile to sRGB; as it is without a usable one.

    ``icc`` is one of RGB, or of grey where the three channels are equal.
    """
    if icc is None:
        return pixels
    if (greys := greys_in_srgb(icc)) is not None:
        return np.concatenate([greys[pixels[..., 0]], pixels[..., 3:]], axis=2)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(
            source, target, "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return pixels
    made = ImageCms.applyTransform(Image.fromarray(pixels[..., :3].copy()), transform)
    return np.concatenate([np.asarray(made), pixels[..., 3:]], axis=2)


@functools.lru_cache(maxsize=8)
def greys_in_srgb(icc: bytes) -> np.ndarray | None:
    """uint8 [256, 3]: what each grey of a grey profile is in sRGB; None for another profile."""
    if space_of(icc) != "grey":
        return None
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(icc)),
            ImageCms.createProfile("sRGB"),
            "L",
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.NOOPTIMIZE,  # its short cuts are ten levels off in the dark
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    table = np.array(ImageCms.applyTransform(ramp, transform))[0]
    table.flags.writeable = False
    return table


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
