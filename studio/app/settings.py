"""The values a person has set, kept in a file."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.app.setting_rows import BY_KEY, SETTINGS

log = logging.getLogger(__name__)

_SAVE_AFTER_MS = 800


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
