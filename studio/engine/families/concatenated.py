"""What the families share whose U-Net sees a picture beside its latent."""

from dataclasses import replace

from torch import Tensor

from studio.engine.start import Start


def with_concat(start: Start, concat: Tensor) -> Start:
    """The start with ``concat`` [1, c, h, w] put behind the latent in both halves of guidance."""
    return replace(
        start,
        given=replace(start.given, concat=concat),
        dropped=replace(start.dropped, concat=concat) if start.dropped else None,
    )
