"""Opening picture files of unknown origin safely, with a sentence when it can't be done."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from studio.document.formats.opened import FileError

PIXEL_BUDGET = 64 * 2**20
ACCEPTED = ("PNG", "JPEG", "WEBP", "BMP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")

_USER_COMMENT = 0x9286
_EXIF_FOLDER = 0x8769
_TEXT_TAGS = (0x010E, 0x010F, 0x0110)  # description, make and model: where ComfyUI puts its graphs


def open_image(path: Path) -> Image.Image:
    """A decoded image; FileError if it is missing, damaged, too large or of another kind."""
    try:
        image = Image.open(path, formats=ACCEPTED)
        if image.width * image.height > PIXEL_BUDGET:
            raise FileError(
                f"“{path.name}” is {image.width}x{image.height} pixels large, more than the studio "
                "opens; make it smaller first."
            )
        image.load()
    except FileNotFoundError as error:
        raise FileError(f"There is no file “{path}”; check its name.") from error
    except IsADirectoryError as error:
        raise FileError(f"“{path}” is a folder, not a picture; choose a file in it.") from error
    except PermissionError as error:
        raise FileError(f"“{path}” may not be read; check who is allowed to.") from error
    except UnidentifiedImageError as error:
        raise FileError(
            f"“{path.name}” is not a PNG, JPEG, WebP or BMP picture, or it is damaged; choose "
            "another file."
        ) from error
    except Image.DecompressionBombError as error:
        raise FileError(f"“{path.name}” is too large; make it smaller first.") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise FileError(
            f"“{path.name}” is damaged and can't be read; get a fresh copy of it."
        ) from error
    return image


def upright_pixels(image: Image.Image) -> np.ndarray:
    """The image as uint8 [H, W, 3] sRGB, turned as its EXIF data says, transparency over white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, dtype=np.float32)
        scale = 257.0 if deep.max(initial=0) > 255 else 1.0
        grey = np.clip(deep / scale, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.array(image.convert("RGB"))


def read_depth(path: Path) -> np.ndarray:
    """The depth picture in a file as uint8 [H, W], FileError. Only the order and the spacing of its
    greys count, so one of more than 8 bits is stretched over all of them.
    """
    image = open_image(path)
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(ImageOps.exif_transpose(image), dtype=np.float64)
        low, high = deep.min(), deep.max()
        return np.rint((deep - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    return grey(upright_pixels(image))


def grey(pixels: np.ndarray) -> np.ndarray:
    """The brightness of uint8 [H, W, 3] as uint8 [H, W]."""
    return np.array(Image.fromarray(pixels).convert("L"))


def texts_of(image: Image.Image) -> dict[str, str]:
    """Named texts of a PNG, JPEG or WebP image: its text chunks, or what EXIF holds in their place.

    A user comment is named ``parameters``; "name:text" in another EXIF field is taken apart.
    """
    texts = {
        str(name): str(text)
        for name, text in image.info.items()
        if isinstance(name, str) and isinstance(text, str)
    }
    exif = image.getexif()
    comment = exif.get_ifd(_EXIF_FOLDER).get(_USER_COMMENT)
    if comment and "parameters" not in texts:
        texts["parameters"] = _comment_text(comment)
    for tag in _TEXT_TAGS:
        name, colon, text = str(exif.get(tag, "")).partition(":")
        if colon and name.strip().lower() in ("prompt", "workflow", "parameters"):
            texts.setdefault(name.strip().lower(), text.strip().rstrip("\0"))
    return texts


def _comment_text(comment: bytes | str) -> str:
    if isinstance(comment, str):
        return comment
    prefix, body = comment[:8], comment[8:]
    if prefix.startswith(b"UNICODE"):
        # The standard leaves the byte order open; a text begins with a character below 256.
        order = "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
        return body.decode(order, errors="replace").rstrip("\0")
    if prefix.startswith((b"ASCII", b"\0")):
        return body.decode("utf-8", errors="replace").rstrip("\0")
    return comment.decode("utf-8", errors="replace").rstrip("\0")
