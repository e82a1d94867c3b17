"""Everything a person can set: one frozen row each, which drives the file and the controls."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.contract.catalog import DEFAULT_MODEL, DEFAULT_SIZE, SAMPLERS, SPACINGS
from studio.contract.geometry import LARGEST_SIDE, SMALLEST_SIDE
from studio.contract.request import MAX_COUNT, MAX_SEED, MAX_STEPS

log = logging.getLogger(__name__)

_SAVE_AFTER_MS = 800


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One thing that can be set.

    ``kind`` is the type of the value; ``optional`` ones may be None, which means "the model's own".
    ``low`` and ``high`` bound numbers, ``step`` is what one notch of the wheel changes;
    ``slider_high`` ends a slider earlier than typed numbers. ``choices`` are (value, title)
    pairs. ``page`` names the heading under which the preferences show the row; rows without a page
    live in a panel or in the window itself. ``picture`` rows belong to a picture's recipe and come
    back with it.
    """

    key: str
    kind: type
    default: Any
    title: str = ""
    help: str = ""
    optional: bool = False
    low: float | None = None
    high: float | None = None
    slider_high: float | None = None
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()
    page: str = ""
    picture: bool = False

    def accepted(self, value: Any) -> Any:
        """``value`` in the row's own type and range; raises ValueError if it can't be that."""
        if value is None:
            if self.optional:
                return None
            raise ValueError(f"{self.key} needs a value")
        if self.kind is bool:
            if not isinstance(value, bool):
                raise ValueError(f"{self.key} is yes or no, not {value!r}")
            return value
        if self.kind in (int, float):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{self.key} is a number, not {value!r}")
            if value != value:
                raise ValueError(f"{self.key} is not a number")
            low = self.low if self.low is not None else value
            high = self.high if self.high is not None else value
            return self.kind(min(max(value, low), high))
        if not isinstance(value, self.kind):
            raise ValueError(f"{self.key} is {self.kind.__name__}, not {value!r}")
        if self.choices and value not in {key for key, _ in self.choices}:
            raise ValueError(f"{self.key} has no choice {value!r}")
        return value


SETTINGS: tuple[Setting, ...] = (
    Setting(key="model", kind=str, default=DEFAULT_MODEL, title="Model", picture=True),
    Setting(key="prompt", kind=str, default="", title="Prompt", picture=True,
            help="What the picture shows, in English or Vietnamese"),
    Setting(key="negative_prompt", kind=str, default="", title="Negative prompt", picture=True,
            help="What to keep out of the picture"),
    Setting(key="seed", kind=int, default=1, low=0, high=MAX_SEED, title="Seed", picture=True,
            help="The same seed and settings give the same picture"),
    Setting(key="seed_locked", kind=bool, default=False, title="Keep the seed",
            help="Locked: every picture uses this seed. Open: each picture gets a new one"),
    Setting(key="steps", kind=int, default=None, optional=True, low=1, high=MAX_STEPS,
            slider_high=60, title="Steps", picture=True, help="How many times the denoiser works on the picture; more is slower"),
    Setting(key="guidance", kind=float, default=None, optional=True, low=0, high=100, step=0.5,
            slider_high=15, title="Guidance", picture=True,
            help="How closely the picture follows the prompt and the map; 1 is no guidance"),
    Setting(key="sampler", kind=str, default=None, optional=True, title="Sampler", picture=True,
            choices=tuple((row.key, row.title) for row in SAMPLERS),
            help="How each step is computed"),
    Setting(key="spacing", kind=str, default=None, optional=True, title="Step spacing",
            picture=True, choices=tuple((row.key, row.title) for row in SPACINGS),
            help="How the steps are spread from noise to picture"),
    Setting(key="eta", kind=float, default=0.0, low=0, high=1, step=0.05, title="Eta", picture=True,
            help="Noise that DDIM adds in every step; 0 is none"),
    Setting(key="guidance_from", kind=float, default=0.0, low=0, high=1, step=0.05,
            title="Guidance from", picture=True,
            help="Guidance works where the noise is at least this much (0 to 1)"),
    Setting(key="guidance_to", kind=float, default=1.0, low=0, high=1, step=0.05,
            title="Guidance to", picture=True,
            help="Guidance works where the noise is at most this much (0 to 1)"),
    Setting(key="width", kind=int, default=DEFAULT_SIZE.width, low=SMALLEST_SIDE, high=LARGEST_SIDE,
            step=8, title="Width", picture=True, help="Width of the picture in pixels"),
    Setting(key="height", kind=int, default=DEFAULT_SIZE.height, low=SMALLEST_SIDE,
            high=LARGEST_SIDE, step=8, title="Height", picture=True,
            help="Height of the picture in pixels"),
    Setting(key="count", kind=int, default=1, low=1, high=MAX_COUNT, slider_high=16,
            title="Pictures",
            help="How many pictures one press makes, each with the next seed"),
    Setting(key="follow_map", kind=bool, default=False, title="Follow the painted map",
            help="On: the picture follows the map as well as the prompt"),
    Setting(key="live_view", kind=str, default="clean", title="Live view",
            choices=(("clean", "x₀"), ("noisy", "xₜ"), ("both", "Both"), ("result", "Result")),
            help="What the canvas shows while a picture is being made"),
    Setting(key="panel", kind=str, default="paint", title="Panel"),
    Setting(key="map_opacity", kind=float, default=1.0, low=0, high=1, step=0.05,
            title="Map opacity", help="How strongly the map covers the picture"),
    Setting(key="advanced_open", kind=bool, default=False, title="Advanced"),
    Setting(key="theme", kind=str, default="system", title="Theme", page="Appearance",
            choices=(("system", "As the system"), ("dark", "Dark"), ("light", "Light")),
            help="Colours of the window"),
    Setting(key="output_folder", kind=str, default=None, optional=True, title="Save pictures in",
            page="Files", help="The folder that Save as opens first"),
    Setting(key="history_limit", kind=int, default=200, low=10, high=5000, step=10,
            title="Pictures shown in the history", page="Files",
            help="Older pictures stay in the folder"),
    Setting(key="window_geometry", kind=str, default="", title="Window"),
)  # fmt: skip

BY_KEY = {row.key: row for row in SETTINGS}


class Settings(QObject):
    """The current value of every row. ``changed(key, value)`` follows each real change.

    ``path`` is the JSON file, written atomically a moment after a change; None keeps everything
    in memory. A damaged file or value falls back to the default, and the damaged file is kept
    beside the new one with ``.damaged`` added.
    """

    changed = Signal(str, object)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values: dict[str, Any] = {row.key: row.default for row in SETTINGS}
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        if path is not None:
            self._load(path)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def set(self, key: str, value: Any) -> None:
        """Set one value; raises ValueError if the row does not accept it."""
        value = BY_KEY[key].accepted(value)
        if value == self._values[key]:
            return
        self._values[key] = value
        self._timer.start()
        self.changed.emit(key, value)

    def reset(self, key: str) -> None:
        """Back to the row's default."""
        self.set(key, BY_KEY[key].default)

    def watch(self, key: str, owner: QObject, slot: Callable[[Any], object]) -> None:
        """Call ``slot(value)`` now and after every change of ``key``, while ``owner`` lives."""
        _Watch(self, key, owner, slot)
        slot(self._values[key])

    def save(self) -> bool:
        """Write the file now; False (and a log line) if the disk refuses."""
        self._timer.stop()
        if self._path is None:
            return True
        values = {k: v for k, v in self._values.items() if v != BY_KEY[k].default}
        temporary = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(values, ensure_ascii=False, indent=1), "utf-8")
            os.replace(temporary, self._path)
        except OSError as error:
            log.warning("settings not saved: %s", error)
            return False
        return True

    def _load(self, path: Path) -> None:
        try:
            stored = json.loads(path.read_text("utf-8"))
            if not isinstance(stored, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("settings not readable: %s", error)
            _set_aside(path)
            return
        for key, value in stored.items():
            try:
                self._values[key] = BY_KEY[key].accepted(value)
            except (KeyError, ValueError) as error:
                log.warning("setting ignored: %s", error)


class _Watch(QObject):
    """A child of its owner, so that Qt ends the connection when the owner goes."""

    def __init__(
        self, settings: Settings, key: str, owner: QObject, slot: Callable[[Any], object]
    ) -> None:
        super().__init__(owner)
        self._key = key
        self._slot = slot
        settings.changed.connect(self._changed)

    @Slot(str, object)
    def _changed(self, key: str, value: Any) -> None:
        if key == self._key:
            self._slot(value)


def _set_aside(path: Path) -> None:
    try:
        os.replace(path, path.with_name(path.name + ".damaged"))
    except OSError as error:
        log.warning("damaged settings could not be kept: %s", error)
