"""What a command shows while it works: one bar where somebody watches, and whole lines."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm


class Bar(tqdm):  # type: ignore[type-arg]
    """A bar that starts no thread: it moves with every step."""

    monitor_interval = 0


class Progress:
    """One bar; silent where nobody watches."""

    def __init__(self) -> None:
        self.bar = Bar(
            bar_format="{desc}",
            leave=False,
            disable=not sys.stderr.isatty(),
            file=sys.stderr,
            dynamic_ncols=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.bar.close()

    def say(self, what: str) -> None:
        """Show what is going on while nothing can be counted."""
        self.bar.set_description_str(what)

    def count(self, total: int) -> None:
        """Show a bar of ``total`` steps from now on."""
        if not self.bar.disable:
            self.bar.bar_format = (
                "{desc} {percentage:3.0f}%|{bar}| {n}/{total} {elapsed}<{remaining}"
            )
            self.bar.reset(total=total)

    def note(self, text: str) -> None:
        """Tell the person something without tearing the bar."""
        Bar.write(text, file=sys.stderr)

    def result(self, text: str) -> None:
        """Print a line of the command's output."""
        Bar.write(text, file=sys.stdout)
