"""What the window's two helper programs have in common: orders and answers as lines of JSON."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any


def orders() -> Iterator[dict[str, Any]]:
    """What the window asks, one object a line, until it closes its end."""
    for line in sys.stdin:
        yield json.loads(line)


def say(answer: dict[str, Any]) -> None:
    """Answer with one object."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def end_with_the_window() -> None:
    """From now on end at once when the window goes away, whatever is being done."""

    def watch() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=watch, name="window", daemon=True).start()
