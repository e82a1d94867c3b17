"""Loading that can be stopped on the way."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

from studio.contract.events import Loading

T = TypeVar("T")


def stopped_by(
    check: Callable[[], None], loading: Generator[Loading, None, T]
) -> Generator[Loading, None, T]:
    """As ``loading``; ``check`` runs after every event and may raise, which takes back what was
    unpacked or read so far.
    """
    with closing(loading):
        while True:
            try:
                event = next(loading)
            except StopIteration as done:
                check()
                return done.value
            yield event
            check()
