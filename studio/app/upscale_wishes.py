"""What the panel's settings say of enlarging, as the values that a batch is begun with."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths

from studio.app.saved_batch import Naming
from studio.app.settings import Settings
from studio.app.upscale_rows import FIT
from studio.app.upscale_task import UpscaleOptions
from studio.contract.geometry import Size
from studio.contract.upscaling import NATIVE_SCALE, UpscaleMode


def options_of(settings: Settings) -> UpscaleOptions:
    """How files are enlarged."""
    fits = settings["upscale_scale"] == FIT
    return UpscaleOptions(
        model=settings["upscale_model"],
        scale=float(NATIVE_SCALE) if fits else float(settings["upscale_scale"]),
        within=Size(settings["upscale_width"], settings["upscale_height"]) if fits else None,
        mode=UpscaleMode(settings["upscale_mode"]),
        strength=settings["upscale_strength"],
        repair=settings["upscale_repair"],
    )


def naming_of(settings: Settings) -> Naming:
    """Where results are written, and how."""
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    folder = settings["upscale_folder"]
    return Naming(
        folder=Path(folder) if folder else None,
        fallback=Path(pictures) if pictures else Path.home(),
        pattern=settings["upscale_pattern"],
        format=settings["upscale_format"],
        quality=settings["upscale_quality"],
    )
