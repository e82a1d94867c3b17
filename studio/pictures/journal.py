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
from studio.pictures.batch import BatchItem, BatchPlan, BatchSettings, ItemState
from studio.saving import PartFile

log = logging.getLogger(__name__)

_FORMAT = 1


class Journal:
    """A plan and the file that follows it. A disk that refuses costs the file, never the work."""

    def __init__(self, path: Path, plan: BatchPlan) -> None:
        self._path = path
        self.plan = plan

    @classmethod
    def start(cls, path: Path, plan: BatchPlan) -> "Journal":
        """Write a new journal in place of whatever was there."""
        journal = cls(path, plan)
        lines = [_settings_line(plan.settings), *map(_item_line, plan.items)]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = PartFile(path)
            try:
                part.stream.write("".join(lines).encode())
                part.commit()
            finally:
                part.discard()
        except OSError as error:
            log.warning("no journal: %s", error)
        return journal

    @classmethod
    def open(cls, path: Path) -> "Journal | None":
        """Read a journal; None if there is none that can be read."""
        try:
            text = path.read_text(encoding="utf-8")
            plan = _read(text)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, IndexError) as error:
            log.warning("“%s” is no journal: %s", path, error)
            return None
        # After a line that was cut off nothing may be appended.
        return cls(path, plan) if text.endswith("\n") else cls.start(path, plan)

    def mark(self, at: int, state: ItemState, sentence: str = "") -> None:
        """Note that picture ``at`` has come to a state."""
        self.plan = self.plan.marked(at, state, sentence)
        try:
            with self._path.open("ab") as file:
                file.write(_change_line(at, self.plan.items[at]).encode())
        except OSError as error:
            log.warning("journal not written: %s", error)

    def remove(self) -> None:
        """Forget the batch."""
        self._path.unlink(missing_ok=True)


def _settings_line(settings: BatchSettings) -> str:
    return _line({"format": _FORMAT, "settings": asdict(settings)})


def _item_line(item: BatchItem) -> str:
    return _line({"source": str(item.source), "target": str(item.target), **_progress(item)})


def _change_line(at: int, item: BatchItem) -> str:
    return _line({"at": at, **_progress(item)})


def _progress(item: BatchItem) -> dict[str, Any]:
    return {"state": item.state, "sentence": item.sentence, "stamp": item.stamp}


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record) + "\n"


def _read(text: str) -> BatchPlan:
    first, *rest = text.splitlines(keepends=True)
    head = json.loads(first)
    if head["format"] != _FORMAT:
        raise ValueError(f"format {head['format']}")
    settings = head["settings"]
    if settings["target"] is not None:
        settings["target"] = Size(**settings["target"])
    settings["mode"] = UpscaleMode(settings["mode"])
    items: list[BatchItem] = []
    for line in rest:
        if not line.endswith("\n"):
            break
        record = json.loads(line)
        if "at" in record:
            old = items[record["at"]]
            items[record["at"]] = _item(record, old.source, old.target)
        else:
            items.append(_item(record, Path(record["source"]), Path(record["target"])))
    return BatchPlan(settings=BatchSettings(**settings), items=tuple(items))


def _item(record: dict[str, Any], source: Path, target: Path) -> BatchItem:
    stamp = record["stamp"]
    return BatchItem(
        source=source,
        target=target,
        state=ItemState(record["state"]),
        sentence=str(record["sentence"]),
        stamp=(int(stamp[0]), int(stamp[1])) if stamp else None,
    )
