"""One file of a batch as the window sees it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.pictures.batch import BatchItem, ItemState


@dataclass(eq=False)
class BatchFile:
    """One file of the batch; what is kept of it is a ``BatchItem``.

    ``size``, ``format`` (None until then) and ``thumbnail`` (uint8 [h, w, 4]) are known once it
    has been looked at; ``made`` is the size of its result, ``fraction`` 0..1 how much of it is
    done, ``remaining`` the seconds until it is. ``sentence`` says why it failed or was skipped,
    ``notices`` what else there is to know.
    """

    source: Path
    own: bool = False
    target: Path | None = None
    state: ItemState = ItemState.WAITING
    sentence: str = ""
    notices: tuple[str, ...] = ()
    size: Size | None = None
    format: str | None = None
    thumbnail: np.ndarray | None = field(default=None, repr=False)
    made: Size | None = None
    fraction: float = 0.0
    elapsed: float = 0.0
    remaining: float | None = None

    @property
    def name(self) -> str:
        return self.source.name

    def item(self) -> BatchItem:
        """What is kept of it."""
        return BatchItem(
            source=self.source,
            target=self.target,
            state=self.state,
            sentence=self.sentence,
            own=self.own,
        )

    def begin_anew(self) -> None:
        self.target, self.state, self.sentence, self.notices = None, ItemState.WAITING, "", ()
        self.stop()

    def stop(self) -> None:
        self.fraction, self.elapsed, self.remaining, self.made = 0.0, 0.0, None, None
