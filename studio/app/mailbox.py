"""Messages on their way from the worker to the window: all of them in order, steps only newest."""

import threading
from collections import deque

from studio.app.orders import Message
from studio.contract.events import Stepped


class Mailbox:
    """Crosses one thread border. A step that nobody has taken yet gives way to a newer one."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._lock = threading.Lock()

    def put(self, message: Message) -> bool:
        """Add a message; True when the box was empty, so that the reader is told only once."""
        with self._lock:
            was_empty = not self._messages
            if not was_empty and _supersedes(message, self._messages[-1]):
                self._messages.pop()
            self._messages.append(message)
            return was_empty

    def take(self) -> list[Message]:
        """Everything that waits, oldest first."""
        with self._lock:
            messages = list(self._messages)
            self._messages.clear()
            return messages


def _supersedes(newer: Message, older: Message) -> bool:
    return (
        newer.job == older.job
        and isinstance(newer.content, Stepped)
        and isinstance(older.content, Stepped)
    )
