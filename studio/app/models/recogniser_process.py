"""A program beside the window that says what files are: it has torch, and a damaged file that
brings it down takes nothing with it.

Answers each order {"path": ...} with {"path": ..., "card": ...}.
"""

import importlib
from pathlib import Path

from studio.app.models.helper_process import orders, say


def main() -> None:
    """Serve orders until there are no more."""
    recognised = importlib.import_module("studio.engine.recognition").recognised
    for order in orders():
        say({"path": order["path"], "card": recognised(Path(order["path"])).record()})


if __name__ == "__main__":
    main()
