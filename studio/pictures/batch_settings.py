"""What is done to every picture of a batch, and where the results go."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from studio.contract.geometry import Size
from studio.contract.upscaling import (
    DEFAULT_UPSCALER,
    NATIVE_SCALE,
    Region,
    UpscaleMode,
    UpscaleRequest,
)
from studio.pictures import naming
from studio.pictures.formats import BY_KEY_OUT, FORMATS_IN, format_like
from studio.pictures.picture import PictureError

SAME_FORMAT = "same"
"""Each picture is written in the format it came in, or as PNG where that is only read."""


class IfThere(StrEnum):
    """What to do when the file to be written is there already."""

    KEEP_BOTH = "keep both"
    REPLACE = "replace"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """ValueError's text is a sentence.

    Pictures become ``scale`` times as large, or ``target`` large, or as large as fits ``within``;
    at most one is given. ``format``: a key of FORMATS_OUT or SAME_FORMAT; ``quality``: 1..100,
    None = the format's own; ``pattern`` names the files, see naming.py. ``folder``: where results
    go, None = beside each picture; ``fallback``: where those of pictures go that have no folder of
    their own. The rest is as in UpscaleRequest.
    """

    scale: float | None = None
    target: Size | None = None
    within: Size | None = None
    mode: UpscaleMode = UpscaleMode.FAITHFUL
    strength: float = 0.5
    repair: float = 0.0
    seed: int = 0
    model: str = DEFAULT_UPSCALER
    tile: int | None = None
    format: str = "png"
    quality: int | None = None
    pattern: str | None = None
    folder: Path | None = None
    fallback: Path | None = None
    if_there: IfThere = IfThere.REFUSE

    def __post_init__(self) -> None:
        if self.format != SAME_FORMAT and self.format not in BY_KEY_OUT:
            known = ", ".join((*BY_KEY_OUT, SAME_FORMAT))
            raise ValueError(f"There is no output format “{self.format}”; choose one of {known}.")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise ValueError(f"The quality must lie between 1 and 100, not {self.quality}.")
        try:
            naming.check_pattern(self.name_pattern)
        except PictureError as problem:
            raise ValueError(str(problem)) from problem
        self.request(np.zeros((1, 1, 1), dtype=np.uint8))  # says what is wrong with the rest

    @property
    def name_pattern(self) -> str:
        """The pattern that names the files."""
        if self.pattern is not None and self.pattern != naming.DEFAULT_PATTERN:
            return self.pattern
        sized = self.target is not None or self.within is not None
        return naming.SIZE_PATTERN if sized else naming.DEFAULT_PATTERN

    @property
    def replaces(self) -> bool:
        """Whether a file that is there already may be written over."""
        return self.if_there is IfThere.REPLACE

    def size_for(self, size: Size) -> Size:
        """The size that a picture of ``size`` becomes; at least one pixel."""
        if self.target is not None:
            return self.target
        scale = self.scale or float(NATIVE_SCALE)
        if self.within is not None:
            scale = min(self.within.width / size.width, self.within.height / size.height)
        return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))

    def request(self, pixels: np.ndarray, region: Region | None = None) -> UpscaleRequest:
        """What the engine is asked for; ValueError with a sentence if it would be too large."""
        target = self.target
        if self.within is not None:
            target = self.size_for(Size(pixels.shape[1], pixels.shape[0]))
        return UpscaleRequest(
            pixels=pixels,
            model=self.model,
            scale=self.scale,
            target=target,
            mode=self.mode,
            strength=self.strength,
            repair=self.repair,
            seed=self.seed,
            tile=self.tile,
            region=region,
        )

    def format_for(self, source: Path, kind: str | None = None) -> str:
        """The key of the format that a source is written in.

        ``kind``: the key of the one it came in; its suffix counts where that is not known yet.
        """
        if self.format != SAME_FORMAT:
            return self.format
        by_suffix = (row.key for row in FORMATS_IN if source.suffix.lower() in row.suffixes)
        return format_like(kind or next(by_suffix, "png")).key

    def name_for(self, source: Path, kind: str | None = None, size: Size | None = None) -> str:
        """The file name that a source's enlargement gets; ``size``: the source's, if known."""
        scale = self.target or self.scale or float(NATIVE_SCALE)
        return naming.file_name(
            source,
            BY_KEY_OUT[self.format_for(source, kind)].suffix,
            pattern=self.name_pattern,
            scale=self.size_for(size or Size(1, 1)) if self.within is not None else scale,
            mode=self.mode.value,
            model=self.model,
        )

    def folder_for(self, source: Path, *, own: bool = False) -> Path:
        """Where a source's enlargement goes; ``own``: its folder is the program's."""
        if self.folder is not None:
            return self.folder
        return self.fallback if own and self.fallback is not None else source.parent
