"""What of a batch is done, on disk, so that it can go on after any kind of end.

The file has a line of JSON for the settings, one for each picture, and one for each change since;
a line that the end of the program cut off is passed over.
"""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.contract.geometry import Size
from studio.contract.upscaling import UpscaleMode
from studio.pictures.batch import BatchItem, BatchPlan, ItemState
from studio.pictures.batch_settings import BatchSettings, IfThere
from studio.saving import PartFile

log = logging.getLogger(__name__)

_FORMAT = 2


class Journal:
    """A plan and the file that follows it. A disk that refuses costs the file, never the work."""

    def __init__(self, path: Path, plan: BatchPlan) -> None:
        self._path = path
        self.plan = plan

    @classmethod
    def start(cls, path: Path, plan: BatchPlan) -> "Journal":
        """Write a new journal in place of whatever was there."""
        journal = cls(path, plan)
        journal._write()
        return journal

    @classmethod
    def open(cls, path: Path) -> "Journal | None":
        """Read a journal; None if there is none that can be read."""
        try:
            text = path.read_text(encoding="utf-8")
            plan = _read(text)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            log.warning("“%s” is no journal: %s", path, error)
            return None
        # After a line that was cut off nothing may be appended.
        return cls(path, plan) if text.endswith("\n") else cls.start(path, plan)

    def mark(self, at: int, state: ItemState, sentence: str = "") -> None:
        """Note that picture ``at`` has come to a state."""
        self.follow(self.plan.marked(at, state, sentence))

    def follow(self, plan: BatchPlan) -> None:
        """Note how the plan stands now; what is new of the same pictures is appended."""
        before, self.plan = self.plan, plan
        if plan.settings != before.settings or _sources(plan) != _sources(before):
            self._write()
            return
        pairs = enumerate(zip(before.items, plan.items, strict=True))
        lines = [_change_line(at, new) for at, (old, new) in pairs if new != old]
        if lines:
            self._append(lines)

    def remove(self) -> None:
        """Forget the batch."""
        forget_journal(self._path)

    def _write(self) -> None:
        lines = [_settings_line(self.plan.settings), *map(_item_line, self.plan.items)]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = PartFile(self._path)
            try:
                part.stream.write("".join(lines).encode())
                part.commit()
            finally:
                part.discard()
        except OSError as error:
            log.warning("no journal: %s", error)

    def _append(self, lines: list[str]) -> None:
        try:
            with self._path.open("ab") as file:
                file.write("".join(lines).encode())
        except OSError as error:
            log.warning("journal not written: %s", error)


def forget_journal(path: Path) -> None:
    """Remove a journal if there is one."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("journal not removed: %s", error)


def _sources(plan: BatchPlan) -> list[tuple[Path, bool]]:
    return [(item.source, item.own) for item in plan.items]


def _settings_line(settings: BatchSettings) -> str:
    return _line({"format": _FORMAT, "settings": asdict(settings)})


def _item_line(item: BatchItem) -> str:
    return _line({"source": item.source, "own": item.own, **_progress(item)})


def _change_line(at: int, item: BatchItem) -> str:
    return _line({"at": at, **_progress(item)})


def _progress(item: BatchItem) -> dict[str, Any]:
    return {
        "target": item.target,
        "state": item.state,
        "sentence": item.sentence,
        "stamp": item.stamp,
    }


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, default=str) + "\n"  # paths


def _read(text: str) -> BatchPlan:
    first, *rest = text.splitlines(keepends=True)
    head = json.loads(first)
    if head["format"] != _FORMAT:
        raise ValueError(f"format {head['format']}")
    items: list[BatchItem] = []
    for line in rest:
        if not line.endswith("\n"):
            break
        record = json.loads(line)
        if "at" in record:
            old = items[record["at"]]
            items[record["at"]] = _item(record, old.source, old.own)
        else:
            items.append(_item(record, Path(record["source"]), bool(record["own"])))
    return BatchPlan(settings=_settings(head["settings"]), items=tuple(items))


def _settings(stored: dict[str, Any]) -> BatchSettings:
    for key in ("target", "within"):
        stored[key] = Size(**stored[key]) if stored[key] is not None else None
    for key in ("folder", "fallback"):
        stored[key] = _path(stored[key])
    stored["mode"] = UpscaleMode(stored["mode"])
    stored["if_there"] = IfThere(stored["if_there"])
    return BatchSettings(**stored)


def _item(record: dict[str, Any], source: Path, own: bool) -> BatchItem:
    stamp = record["stamp"]
    return BatchItem(
        source=source,
        target=_path(record["target"]),
        state=ItemState(record["state"]),
        sentence=str(record["sentence"]),
        stamp=(int(stamp[0]), int(stamp[1])) if stamp else None,
        own=own,
    )


def _path(stored: str | None) -> Path | None:
    return Path(stored) if stored is not None else None
