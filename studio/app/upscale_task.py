"""One file to enlarge, and what is heard of it on the way."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.contract.upscaling import Region
from studio.pictures.batch_settings import BatchSettings


@dataclass(frozen=True, kw_only=True)
class UpscaleTask:
    """Enlarge ``source`` into ``target``, a file of ``format`` (a key of the formats table).

    Without a ``target`` the ``region`` of the source (left, top, width, height in its pixels) is
    only looked at.
    """

    source: Path
    target: Path | None
    settings: BatchSettings
    format: str = "png"
    region: Region | None = None


@dataclass(frozen=True, kw_only=True)
class FileStarted:
    """The file is read. It becomes ``size`` in ``tiles`` tiles, shown reduced to ``shown``."""

    size: Size
    shown: Size
    tiles: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class TileShown:
    """Tile ``number`` of ``tiles`` is done. It covers ``size`` at ``left``, ``top`` of the result
    with ``pixels`` uint8 [h, w, 3 or 4], fewer than that where it is large. ``elapsed`` and
    ``remaining`` are seconds, without those in which the job was held.
    """

    number: int
    tiles: int
    left: int
    top: int
    size: Size
    pixels: np.ndarray = field(repr=False)
    elapsed: float
    remaining: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Upscaled:
    """The end of a task that went well: the file is on the disk, or here are the region's pixels,
    uint8 [h, w, 3 or 4]. ``notices`` say what the file could not keep.
    """

    size: Size
    elapsed: float
    notices: tuple[str, ...] = ()
    pixels: np.ndarray | None = field(default=None, repr=False)


UpscaleEvent = FileStarted | TileShown | Upscaled
