"""What the panel's settings say of enlarging, as the values that a batch is begun with."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths

from studio.app.settings import Settings
from studio.app.upscale_rows import FIT
from studio.contract.geometry import Size
from studio.contract.upscaling import UpscaleMode
from studio.pictures.batch_settings import BatchSettings, IfThere
from studio.pictures.naming import check_pattern
from studio.pictures.picture import PictureError


def batch_settings_of(settings: Settings, if_there: IfThere = IfThere.KEEP_BOTH) -> BatchSettings:
    """How files are enlarged, and where they are written.

    A name pattern with a fault gives the names that the usual one would. What the chosen model has
    no use for is left out.
    """
    fits = settings["upscale_scale"] == FIT
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    folder, pattern = settings["upscale_folder"], settings["upscale_pattern"]
    # The studio's own models are folders, upscalers of other families single files.
    has_character = not Path(settings["upscale_model"]).is_file()
    return BatchSettings(
        model=settings["upscale_model"],
        scale=None if fits else float(settings["upscale_scale"]),
        within=Size(settings["upscale_width"], settings["upscale_height"]) if fits else None,
        mode=UpscaleMode(settings["upscale_mode"]) if has_character else UpscaleMode.FAITHFUL,
        strength=settings["upscale_strength"],
        repair=settings["upscale_repair"] if has_character else 0.0,
        folder=Path(folder) if folder else None,
        fallback=Path(pictures) if pictures else Path.home(),
        pattern=None if fault_of(pattern) else pattern,
        format=settings["upscale_format"],
        quality=settings["upscale_quality"],
        if_there=if_there,
    )


def fault_of(pattern: str) -> str:
    """Why a pattern can't name files, in a sentence; empty if it can."""
    try:
        check_pattern(pattern)
    except PictureError as error:
        return str(error)
    return ""
