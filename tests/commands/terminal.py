"""A command on a terminal, as a person sees it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Callable


def shown_on_a_terminal(begin: Callable[[int], subprocess.Popen[str]]) -> bytes:
    """What a command writes to a terminal of 80 columns until it has ended, well.

    ``begin`` starts it with the terminal, a file descriptor, as its standard error.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = begin(theirs)
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    process.communicate(timeout=240)
    assert process.returncode == 0
    return shown
