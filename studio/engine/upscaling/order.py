"""What every upscaling model does for a request, whatever its networks are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from studio.contract.upscaling import UpscaleRequest
from studio.engine.device import Device
from studio.engine.upscaling.rows import Stage, Window
from studio.engine.upscaling.tiles import Tile, TileGrid
from studio.engine.upscaling.within_memory import TileSide

TileSignals = Callable[[Tile, Tensor], Iterator[Any]]
"""What to tell of a tile whose pixels [3, n h, n w] in -1..1 are there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PassOrder:
    """One pass over a picture cut into ``grid``. Without ``colour`` it is an alpha channel, which
    nothing may be invented for. ``left`` and ``top``: where its picture begins in the whole, which
    places the noise. ``check`` runs before every evaluation and may raise to stop it.
    """

    request: UpscaleRequest
    colour: bool
    grid: TileGrid
    side: TileSide
    check: Callable[[], None]
    tile_signals: TileSignals
    left: int = 0
    top: int = 0


class OnePass(Protocol):
    """A pass about to be made."""

    def run(self, picture: Window) -> Stage:
        """Blocks [3, n, ``native`` W] in -1..1 from blocks [3, n, W]."""


class Enlarger(Protocol):
    """A loaded model. One pass makes a picture ``native`` times as large, in tiles that take
    ``bytes_per_cell`` for each pixel of the small picture and are best no longer than
    ``largest_tile``; ``enlarges_alpha``: whether alpha channels may go through it.
    """

    @property
    def native(self) -> int: ...

    @property
    def device(self) -> Device: ...

    @property
    def bytes_per_cell(self) -> int: ...

    @property
    def largest_tile(self) -> int: ...

    @property
    def enlarges_alpha(self) -> bool: ...

    def evaluations(self, request: UpscaleRequest) -> int:
        """Network calls that a tile takes in one pass."""

    def notices(self, request: UpscaleRequest, tiles: int) -> tuple[str, ...]:
        """What the person should know of a request that is done in so many tiles."""

    def one_pass(self, order: PassOrder) -> OnePass:
        """The pass of an order."""
