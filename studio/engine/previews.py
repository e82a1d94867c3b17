"""Small pictures of a sampler's state while it runs."""

import numpy as np
import torch
from torch import Tensor

from studio.engine.nets.preview import PreviewDecoder
from studio.engine.pixels import to_pixels


def previews(decoder: PreviewDecoder, x_t: Tensor, x_0: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The noisy state and the predicted clean latent, [1, C, h, w] each, as read-only uint8
    [h s, w s, 3], s the decoder's scale; both are decoded in one batch.
    """
    noisy, clean = decoder(torch.cat([x_t, x_0]))
    return to_pixels(noisy), to_pixels(clean)
