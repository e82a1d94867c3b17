"""What a person can set of upscaling: rows of the settings."""

from studio.app.setting import Setting
from studio.app.translation import QT_TRANSLATE_NOOP
from studio.contract.upscaling import DEFAULT_UPSCALER, UpscaleMode

LARGEST_WANTED = 65536
FIT = "fit"
"""The choice of ``upscale_scale`` that means a size instead of a factor."""

UPSCALE_ROWS: tuple[Setting, ...] = (
    Setting(
        key="upscale_model",
        kind=str,
        default=DEFAULT_UPSCALER,
        title=QT_TRANSLATE_NOOP("Settings", "Upscaler"),
    ),
    Setting(
        key="upscale_scale",
        kind=str,
        default="4",
        title=QT_TRANSLATE_NOOP("Settings", "Scale"),
        choices=(
            ("2", "2×"),
            ("3", "3×"),
            ("4", "4×"),
            ("8", "8×"),
            (FIT, QT_TRANSLATE_NOOP("Settings", "Size")),
        ),
        help=QT_TRANSLATE_NOOP("Settings", "How many times wider and higher the pictures become"),
    ),
    Setting(
        key="upscale_width",
        kind=int,
        default=3840,
        low=1,
        high=LARGEST_WANTED,
        step=8,
        title=QT_TRANSLATE_NOOP("Settings", "Largest width"),
        help=QT_TRANSLATE_NOOP(
            "Settings", "Each picture becomes as large as fits into this width, in pixels"
        ),
    ),
    Setting(
        key="upscale_height",
        kind=int,
        default=2160,
        low=1,
        high=LARGEST_WANTED,
        step=8,
        title=QT_TRANSLATE_NOOP("Settings", "Largest height"),
        help=QT_TRANSLATE_NOOP(
            "Settings", "Each picture becomes as large as fits into this height, in pixels"
        ),
    ),
    Setting(
        key="upscale_mode",
        kind=str,
        default=UpscaleMode.FAITHFUL.value,
        title=QT_TRANSLATE_NOOP("Settings", "Character"),
        choices=(
            (UpscaleMode.FAITHFUL.value, QT_TRANSLATE_NOOP("Settings", "Faithful")),
            (UpscaleMode.VIVID.value, QT_TRANSLATE_NOOP("Settings", "Vivid")),
        ),
        help=QT_TRANSLATE_NOOP(
            "Settings", "Faithful never invents anything; Vivid adds detail that could be there"
        ),
    ),
    Setting(
        key="upscale_strength",
        kind=float,
        default=0.5,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Strength of the detail"),
        help=QT_TRANSLATE_NOOP("Settings", "How much detail Vivid invents; Faithful invents none"),
    ),
    Setting(
        key="upscale_repair",
        kind=float,
        default=0.0,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Repair noise and JPEG marks"),
        help=QT_TRANSLATE_NOOP(
            "Settings", "How damaged the pictures are; 0 leaves a clean picture as it is"
        ),
    ),
    Setting(
        key="upscale_folder",
        kind=str,
        default=None,
        optional=True,
        title=QT_TRANSLATE_NOOP("Settings", "Folder"),
        help=QT_TRANSLATE_NOOP("Settings", "Where the enlarged pictures are written"),
    ),
    Setting(
        key="upscale_pattern",
        kind=str,
        default="{name}-{scale}x",
        title=QT_TRANSLATE_NOOP("Settings", "Name"),
        help=QT_TRANSLATE_NOOP(
            "Settings",
            "{name} is the old name; {scale}, {mode} and {model} can be used too",
        ),
    ),
    Setting(
        key="upscale_format",
        kind=str,
        default="png",
        title=QT_TRANSLATE_NOOP("Settings", "Format"),
        help=QT_TRANSLATE_NOOP("Settings", "The kind of file that is written"),
    ),
    Setting(
        key="upscale_quality",
        kind=int,
        default=92,
        low=1,
        high=100,
        title=QT_TRANSLATE_NOOP("Settings", "Quality"),
        help=QT_TRANSLATE_NOOP("Settings", "Of formats that lose something; 100 is the best"),
    ),
    Setting(
        key="upscale_view",
        kind=str,
        default="slider",
        title=QT_TRANSLATE_NOOP("Settings", "Comparison"),
        choices=(
            ("slider", QT_TRANSLATE_NOOP("Settings", "Slider")),
            ("beside", QT_TRANSLATE_NOOP("Settings", "Both")),
            ("after", QT_TRANSLATE_NOOP("Settings", "After")),
            ("before", QT_TRANSLATE_NOOP("Settings", "Before")),
        ),
        help=QT_TRANSLATE_NOOP("Settings", "How the canvas compares the picture before and after"),
    ),
)
