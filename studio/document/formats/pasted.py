"""Pictures that come as bytes, from the clipboard."""

import io

from PIL import Image

from studio.document.formats.opened import FileError, Opened
from studio.document.formats.picture import picture_in
from studio.document.formats.reading import PIXEL_BUDGET


def read_pasted(png: bytes) -> Opened:
    """A picture with its settings if it has any; FileError with a sentence."""
    damaged = FileError("The pasted picture is damaged; copy it once more.")
    try:
        image = Image.open(io.BytesIO(png), formats=["PNG"])
        if image.width * image.height > PIXEL_BUDGET:
            raise FileError(
                f"The pasted picture is {image.width}x{image.height} pixels large, more than the "
                "studio opens; make it smaller first."
            )
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise damaged from error
    return picture_in(image)
