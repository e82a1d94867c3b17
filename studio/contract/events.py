"""What happens during a job, in order: Loading*, Started, (Stepped* Produced)*, one terminal event.

Every array in an event is read-only, so that it can cross threads.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.contract.wording import listed


class CancelFlag(Protocol):
    """Anything with ``is_set``, such as threading.Event; asked before every network call."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Loading:
    """A model is being read; ``fraction`` in 0..1, None while unknown."""

    what: str
    fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class Started:
    """The job begins. ``request`` has every default filled in and the size that is really made;
    ``notices`` are sentences the person should know, such as a rounded size; ``unknown_words`` are
    those of the prompts that the model has never seen.
    """

    request: GenerateRequest
    notices: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()

    def sentences(self, named: Collection[str] = ()) -> tuple[str, ...]:
        """The notices, and one of the unknown words that have not been ``named`` already."""
        news = [word for word in self.unknown_words if word not in named]
        if not news:
            return self.notices
        words = "word" if len(news) == 1 else "words"
        return (*self.notices, f"The model has never seen the {words} {listed(news)}: left out.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Stepped:
    """One step of one image is done. ``step`` counts from 1 to ``steps``.

    ``x_t`` and ``x_0``: float32 [C, h, w] latents, the noisy state after the step and the network's
    prediction of the clean one; ``noisy`` and ``clean``: their previews, uint8 [h', w', 3] sRGB, or
    None when the request wants no previews. ``elapsed`` and ``remaining`` are seconds of the job.
    """

    image: int
    count: int
    step: int
    steps: int
    x_t: np.ndarray = field(repr=False)
    x_0: np.ndarray = field(repr=False)
    noisy: np.ndarray | None = field(repr=False)
    clean: np.ndarray | None = field(repr=False)
    elapsed: float
    remaining: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Produced:
    """One image of the job is ready: uint8 [H, W, 3] sRGB. ``request`` repeats it exactly;
    ``drawn_map`` is the label map uint8 [H, W] that the model drew from the words alone, with which
    the request makes the same picture, None where it drew none.
    """

    image: int
    count: int
    pixels: np.ndarray = field(repr=False)
    request: GenerateRequest
    drawn_map: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The job ended well. ``sampling`` and ``decoding`` are seconds over all images."""

    count: int
    size: Size
    elapsed: float
    sampling: float
    decoding: float


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """The person stopped the job; ``count`` images had been produced."""

    count: int


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The job could not be done: one sentence, one thing to do, and details to unfold."""

    sentence: str
    action: str = ""
    details: str = field(default="", repr=False)


Terminal = Finished | Cancelled | Failed
Event = Loading | Started | Stepped | Produced | Terminal
