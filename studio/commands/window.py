"""Opening the window, or saying in a sentence why none can open."""

import argparse
import ctypes
import os
import sys

from studio.commands.error import CommandError
from studio.system_libraries import missing_libraries, sentence_about

_WITHOUT = "or work without it: latent-studio generate --help."


def run(arguments: argparse.Namespace) -> int:
    """Open the window and stay until it is closed; CommandError where none can open."""
    del arguments
    check_display()
    try:
        from studio.ui import start
    except ImportError as error:
        if missing := missing_libraries():
            raise CommandError(sentence_about(missing)) from error
        raise
    return start.run(sys.argv[:1])


def check_display() -> None:
    """Raise CommandError where no window can open: Qt itself would end the whole process."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    display = os.environ.get("DISPLAY")
    if not display:
        raise CommandError(
            "There is no display for the window; run it on a desktop or over ssh -X, " + _WITHOUT
        )
    if missing := missing_libraries():
        raise CommandError(sentence_about(missing))
    if not _answers(display):
        raise CommandError(
            f"The display “{display}” does not answer; check DISPLAY and xhost, " + _WITHOUT
        )


def _answers(display: str) -> bool:
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    for function in (xcb.xcb_connection_has_error, xcb.xcb_disconnect):
        function.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not refused
