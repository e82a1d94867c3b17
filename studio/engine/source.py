"""A request's source picture and mask, made to fit the picture that is asked for."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter
from torch import Tensor

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest

_HALF = 128
"""From this grey on a mask means repaint."""
_FADE = 4


def fitted_request(request: GenerateRequest) -> tuple[GenerateRequest, tuple[str, ...]]:
    """The request with source, mask and depth of its size, and a sentence where the source was cut.

    All are scaled until they cover the picture, and their middle is taken.
    """
    if request.depth is not None:
        request = replace(request, depth=fitted(request.depth, request.size))
    if request.source is None:
        return request, ()
    own = Size(request.source.shape[1], request.source.shape[0])
    if own == request.size:
        return request, ()
    mask = None if request.mask is None else fitted(request.mask, request.size)
    notices: tuple[str, ...] = ()
    if _cut_off(own, request.size) > 1:
        notices = (f"The source is of {own}: its middle was cut out to fit {request.size}.",)
    source = fitted(request.source, request.size)
    return replace(request, source=source, mask=mask), notices


def _cut_off(own: Size, size: Size) -> float:
    """How many pixels of the new size are lost at the sides."""
    scale = max(size.width / own.width, size.height / own.height)
    return max(own.width * scale - size.width, own.height * scale - size.height)


def fitted(pixels: np.ndarray, size: Size) -> np.ndarray:
    """uint8 [H, W] or [H, W, 3] at the new size, Lanczos: scaled to cover it, its middle kept."""
    height, width = pixels.shape[:2]
    scale = max(size.width / width, size.height / height)
    left = (width - size.width / scale) / 2
    top = (height - size.height / scale) / 2
    box = (left, top, left + size.width / scale, top + size.height / scale)
    image = Image.fromarray(pixels).resize(
        (size.width, size.height), Image.Resampling.LANCZOS, box=box
    )
    return np.asarray(image)


def to_tensor(pixels: np.ndarray, filled: Size, device: torch.device) -> Tensor:
    """uint8 [H, W, 3] as float32 [1, 3, H', W'] in -1..1, its edge repeated up to ``filled``."""
    x = torch.tensor(pixels, device=device).permute(2, 0, 1)[None].float() / 127.5 - 1
    height, width = pixels.shape[:2]
    return F.pad(x, (0, filled.width - width, 0, filled.height - height), mode="replicate")


def to_repaint(mask: np.ndarray, filled: Size, device: torch.device) -> Tensor:
    """A mask uint8 [H, W] as bool [1, 1, H', W'], true = repaint; what fills the size is kept."""
    repaint = torch.tensor(mask >= _HALF, device=device)[None, None]
    height, width = mask.shape
    return F.pad(repaint, (0, filled.width - width, 0, filled.height - height))


def is_blank(mask: np.ndarray) -> bool:
    """Whether nothing would be repainted."""
    return not bool((mask >= _HALF).any())


def touched(repaint: Tensor, factor: int) -> Tensor:
    """Cells of a latent of which any pixel shall be repainted: bool [1, 1, h, w]."""
    return F.max_pool2d(repaint.float(), factor) > 0


def pasted(pixels: np.ndarray, request: GenerateRequest) -> np.ndarray:
    """The picture with the source's own pixels wherever the mask keeps them; read-only.

    Inside a mask without greys of its own the new fades in over a few pixels, since a first stage
    does not give back the source exactly.
    """
    if request.mask is None or request.source is None:
        return pixels
    share = _share(request.mask)[..., None]
    mixed = request.source + share * (pixels.astype(np.float32) - request.source)
    whole = np.rint(mixed).astype(np.uint8)
    whole.flags.writeable = False
    return whole


def _share(mask: np.ndarray) -> np.ndarray:
    """How much of each pixel is new, float32 [H, W] in 0..1."""
    if bool(((mask > 0) & (mask < 255)).any()):
        return mask.astype(np.float32) / 255
    image, total = Image.fromarray(mask), np.zeros(mask.shape, np.float32)
    for _ in range(_FADE):
        total += np.asarray(image)
        image = image.filter(ImageFilter.MinFilter(3))
    return total / (255 * _FADE)
