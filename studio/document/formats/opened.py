"""What a file held, and the sentence when it could not be read or written."""

from dataclasses import dataclass, field

import numpy as np

from studio.contract.request import GenerateRequest
from studio.document.formats.found import FoundSettings


class FileError(Exception):
    """A file could not be read or written; the text is one sentence for the person."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """What a file held.

    ``labels``: uint8 [H, W] or None; ``picture``: uint8 [h, w, 3] sRGB or None; ``request``: how
    to repeat the picture exactly, if the studio made it; ``found``: settings another program left.
    ``drawn_map``: uint8 [H, W], the map that the model drew for the picture from its words.
    ``unmatched`` counts pixels of a map whose colour was no material's. ``format`` is its key.
    """

    format: str
    labels: np.ndarray | None = field(default=None, repr=False)
    picture: np.ndarray | None = field(default=None, repr=False)
    request: GenerateRequest | None = None
    found: FoundSettings | None = None
    drawn_map: np.ndarray | None = field(default=None, repr=False)
    unmatched: int = 0
