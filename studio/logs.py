"""The log file: what happened, for the day when something goes wrong."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

_BYTES = 1_000_000
_OLD_FILES = 3


def start_logging(folder: Path) -> Path:
    """Log to ``folder``/studio.log from now on, four files of a megabyte at most.

    A disk that refuses costs the log, never the program. Returns the file's path.
    """
    file = folder / "studio.log"
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            file, maxBytes=_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    logging.raiseExceptions = False  # a disk that fills up later must not end anything either
    return file
