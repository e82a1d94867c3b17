"""Result pictures as PNG files that can be opened again with everything that made them."""

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.contract.request import GenerateRequest
from studio.document.formats.foreign import read_foreign
from studio.document.formats.opened import Opened
from studio.document.formats.parameters import parameters_text
from studio.document.formats.reading import open_image, texts_of, upright_pixels
from studio.document.formats.studio_chunk import KEYWORD, chunk_text, read_chunk
from studio.document.formats.writing import write_whole


def write_picture(
    path: Path,
    pixels: np.ndarray,
    request: GenerateRequest | None = None,
    labels: np.ndarray | None = None,
    drawn_map: np.ndarray | None = None,
) -> None:
    """Save uint8 [H, W, 3] sRGB with the ``parameters`` text and the studio's own.

    ``labels`` is the map being painted, kept when it is not the one the picture was made from;
    ``drawn_map`` the one that the model drew for it.
    Raises FileError with a sentence; a file that was there before stays whole then.
    """
    information = PngInfo()
    if request is not None:
        text = parameters_text(request)
        try:
            text.encode("latin-1")
            information.add_text("parameters", text)
        except UnicodeEncodeError:
            information.add_itxt("parameters", text)
    information.add_text(KEYWORD, chunk_text(request, labels, drawn_map))
    image = Image.fromarray(pixels)
    write_whole(path, lambda file: image.save(file, "PNG", pnginfo=information))


def read_picture(path: Path) -> Opened:
    """A picture, with the studio's settings and map or another program's settings if it has any.

    Damaged settings are passed over; FileError if the picture itself can't be read.
    """
    return picture_in(open_image(path))


def picture_in(image: Image.Image) -> Opened:
    """The same for an image that is open already."""
    pixels, texts = upright_pixels(image), texts_of(image)
    if KEYWORD in texts:
        try:
            chunk = read_chunk(texts[KEYWORD])
        except (ValueError, RecursionError):
            pass  # the parameters text may still be whole
        else:
            return Opened(
                format="picture",
                picture=pixels,
                request=chunk.request,
                labels=chunk.labels,
                drawn_map=chunk.drawn_map,
            )
    return Opened(format="picture", picture=pixels, found=read_foreign(texts))
