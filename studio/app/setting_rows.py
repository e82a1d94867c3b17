"""Everything a person can set: one frozen row each, which drives the file and the controls."""

from studio.app.setting import Setting
from studio.app.translation import QT_TRANSLATE_NOOP
from studio.app.upscale_rows import UPSCALE_ROWS
from studio.contract.catalog import DEFAULT_MODEL, DEFAULT_SIZE, SAMPLERS, SPACINGS
from studio.contract.geometry import LARGEST_SIDE, SMALLEST_SIDE
from studio.contract.prompt_tags import lora_pairs
from studio.contract.request import MAX_COUNT, MAX_NOISE_LEVEL, MAX_SEED, MAX_STEPS

SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="model",
        kind=str,
        default=DEFAULT_MODEL,
        title=QT_TRANSLATE_NOOP("Settings", "Model"),
        picture=True,
    ),
    Setting(
        key="prompt",
        kind=str,
        default="",
        title=QT_TRANSLATE_NOOP("Settings", "Prompt"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "What the picture shows, in English or Vietnamese"),
    ),
    Setting(
        key="negative_prompt",
        kind=str,
        default="",
        title=QT_TRANSLATE_NOOP("Settings", "Negative prompt"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "What to keep out of the picture"),
    ),
    Setting(
        key="seed",
        kind=int,
        default=1,
        low=0,
        high=MAX_SEED,
        title=QT_TRANSLATE_NOOP("Settings", "Seed"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "The same seed and settings give the same picture"),
    ),
    Setting(
        key="seed_locked",
        kind=bool,
        default=False,
        title=QT_TRANSLATE_NOOP("Settings", "Keep the seed"),
        help=QT_TRANSLATE_NOOP(
            "Settings", "Locked: every picture uses this seed. Open: each picture gets a new one"
        ),
    ),
    Setting(
        key="steps",
        kind=int,
        default=None,
        optional=True,
        low=1,
        high=MAX_STEPS,
        slider_high=60,
        title=QT_TRANSLATE_NOOP("Settings", "Steps"),
        picture=True,
        help=QT_TRANSLATE_NOOP(
            "Settings", "How many times the denoiser works on the picture; more is slower"
        ),
    ),
    Setting(
        key="guidance",
        kind=float,
        default=None,
        optional=True,
        low=0,
        high=100,
        step=0.5,
        slider_high=15,
        title=QT_TRANSLATE_NOOP("Settings", "Guidance"),
        picture=True,
        help=QT_TRANSLATE_NOOP(
            "Settings", "How closely the picture follows the prompt and the map; 1 is no guidance"
        ),
    ),
    Setting(
        key="sampler",
        kind=str,
        default=None,
        optional=True,
        title=QT_TRANSLATE_NOOP("Settings", "Sampler"),
        picture=True,
        choices=tuple((row.key, row.title) for row in SAMPLERS),
        help=QT_TRANSLATE_NOOP("Settings", "How each step is computed"),
    ),
    Setting(
        key="spacing",
        kind=str,
        default=None,
        optional=True,
        title=QT_TRANSLATE_NOOP("Settings", "Step spacing"),
        picture=True,
        choices=tuple((row.key, row.title) for row in SPACINGS),
        help=QT_TRANSLATE_NOOP("Settings", "How the steps are spread from noise to picture"),
    ),
    Setting(
        key="eta",
        kind=float,
        default=0.0,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Eta"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "Noise that DDIM adds in every step; 0 is none"),
    ),
    Setting(
        key="class_id",
        kind=int,
        default=None,
        optional=True,
        low=0,
        high=9999,
        title=QT_TRANSLATE_NOOP("Settings", "Class"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "What the picture shows, one of the model's classes"),
    ),
    Setting(
        key="strength",
        kind=float,
        default=None,
        optional=True,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Strength"),
        picture=True,
        help=QT_TRANSLATE_NOOP(
            "Settings", "How far the picture may leave its source: 0 keeps it, 1 keeps nothing"
        ),
    ),
    Setting(
        key="loras",
        kind=tuple,
        default=(),
        check=lora_pairs,
        title=QT_TRANSLATE_NOOP("Settings", "LoRA"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "Files that change what the model paints, and how much"),
    ),
    Setting(
        key="noise_level",
        kind=int,
        default=None,
        optional=True,
        low=0,
        high=MAX_NOISE_LEVEL,
        step=5,
        title=QT_TRANSLATE_NOOP("Settings", "Noise level"),
        picture=True,
        help=QT_TRANSLATE_NOOP(
            "Settings", "Noise added to the picture before it is enlarged; more invents more detail"
        ),
    ),
    Setting(
        key="map_strength",
        kind=float,
        default=1.0,
        low=0,
        high=2,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Map strength"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "How firmly the picture holds to the painted map"),
    ),
    Setting(
        key="guidance_from",
        kind=float,
        default=0.0,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Guidance from"),
        picture=True,
        help=QT_TRANSLATE_NOOP(
            "Settings", "Guidance works where the noise is at least this much (0 to 1)"
        ),
    ),
    Setting(
        key="guidance_to",
        kind=float,
        default=1.0,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Guidance to"),
        picture=True,
        help=QT_TRANSLATE_NOOP(
            "Settings", "Guidance works where the noise is at most this much (0 to 1)"
        ),
    ),
    Setting(
        key="width",
        kind=int,
        default=DEFAULT_SIZE.width,
        low=SMALLEST_SIDE,
        high=LARGEST_SIDE,
        step=8,
        title=QT_TRANSLATE_NOOP("Settings", "Width"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "Width of the picture in pixels"),
    ),
    Setting(
        key="height",
        kind=int,
        default=DEFAULT_SIZE.height,
        low=SMALLEST_SIDE,
        high=LARGEST_SIDE,
        step=8,
        title=QT_TRANSLATE_NOOP("Settings", "Height"),
        picture=True,
        help=QT_TRANSLATE_NOOP("Settings", "Height of the picture in pixels"),
    ),
    Setting(
        key="count",
        kind=int,
        default=1,
        low=1,
        high=MAX_COUNT,
        slider_high=16,
        title=QT_TRANSLATE_NOOP("Settings", "Pictures"),
        help=QT_TRANSLATE_NOOP(
            "Settings", "How many pictures one press makes, each with the next seed"
        ),
    ),
    Setting(
        key="follow_map",
        kind=bool,
        default=False,
        title=QT_TRANSLATE_NOOP("Settings", "Follow the painted map"),
        help=QT_TRANSLATE_NOOP("Settings", "On: the picture follows the map as well as the prompt"),
    ),
    Setting(
        key="live_view",
        kind=str,
        default="clean",
        title=QT_TRANSLATE_NOOP("Settings", "Live view"),
        choices=(
            ("clean", "x₀"),
            ("noisy", "xₜ"),
            ("both", QT_TRANSLATE_NOOP("Settings", "Both")),
            ("result", QT_TRANSLATE_NOOP("Settings", "Result")),
        ),
        help=QT_TRANSLATE_NOOP("Settings", "What the canvas shows while a picture is being made"),
    ),
    Setting(key="panel", kind=str, default="paint", title=QT_TRANSLATE_NOOP("Settings", "Panel")),
    Setting(
        key="map_opacity",
        kind=float,
        default=1.0,
        low=0,
        high=1,
        step=0.05,
        title=QT_TRANSLATE_NOOP("Settings", "Map opacity"),
        help=QT_TRANSLATE_NOOP("Settings", "How strongly the map covers the picture"),
    ),
    Setting(
        key="advanced_open",
        kind=bool,
        default=False,
        title=QT_TRANSLATE_NOOP("Settings", "Advanced"),
    ),
    Setting(
        key="theme",
        kind=str,
        default="system",
        title=QT_TRANSLATE_NOOP("Settings", "Theme"),
        page=QT_TRANSLATE_NOOP("Settings", "Appearance"),
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "As the system")),
            ("dark", QT_TRANSLATE_NOOP("Settings", "Dark")),
            ("light", QT_TRANSLATE_NOOP("Settings", "Light")),
        ),
        help=QT_TRANSLATE_NOOP("Settings", "Colours of the window"),
    ),
    Setting(
        key="output_folder",
        kind=str,
        default=None,
        optional=True,
        title=QT_TRANSLATE_NOOP("Settings", "Save pictures in"),
        page=QT_TRANSLATE_NOOP("Settings", "Files"),
        help=QT_TRANSLATE_NOOP("Settings", "The folder that Save as opens first"),
    ),
    Setting(
        key="history_limit",
        kind=int,
        default=200,
        low=10,
        high=5000,
        step=10,
        title=QT_TRANSLATE_NOOP("Settings", "Pictures shown in the history"),
        page=QT_TRANSLATE_NOOP("Settings", "Files"),
        help=QT_TRANSLATE_NOOP("Settings", "Older pictures stay in the folder"),
    ),
    Setting(
        key="window_geometry", kind=str, default="", title=QT_TRANSLATE_NOOP("Settings", "Window")
    ),
    *UPSCALE_ROWS,
)

BY_KEY = {row.key: row for row in SETTINGS}
