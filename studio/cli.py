"""The command line: without a subcommand the window opens."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from studio.app.places import Places
from studio.commands import example, generate, models, training, upscale, window, worlds
from studio.commands.error import CommandError
from studio.logs import start_logging

log = logging.getLogger(__name__)

# Each module has add_arguments(subparsers), which sets the parser's default ``run``: a function of
# the parsed arguments that returns the exit status. None may import torch or Qt before it runs.
COMMANDS = (generate, example, upscale, models, worlds, training)

REFUSED = 2
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The parser of every subcommand."""
    top = _Parser(
        prog="latent-studio",
        description="Paint a map or write a prompt, and watch the picture appear. "
        "Without a command the window opens.",
    )
    top.add_argument("--version", action="version", version=f"Latent Studio {_version()}")
    top.set_defaults(run=window.run)
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        command.add_arguments(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments ask; 0 done, 2 refused with a sentence, 130 interrupted."""
    # Python's own quoting of what a terminal can't show beats dying over a caption.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    share_processors()
    log_file = start_logging(Places.of_this_person().logs)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nlatent-studio: stopped.", file=sys.stderr)
        return INTERRUPTED
    except CommandError as problem:
        log.warning("refused: %s", problem, exc_info=problem.__cause__)
        print(f"latent-studio: {problem}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        # The reader went away, as `| head` does; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        log.exception("a command failed")
        name = type(error).__name__
        print(
            f"latent-studio: something went wrong that was not foreseen ({name}: {error}); "
            f"{log_file} says more.",
            file=sys.stderr,
        )
        return REFUSED
    return status


def share_processors() -> None:
    """Let torch's threads sleep while they wait for each other, in this process and its children.

    By default they spin, and where another program wants the same cores (the window, a build) a
    step of the sampler then takes up to a hundred times as long. Read when torch is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _version() -> str:
    try:
        return version("latent-studio")
    except PackageNotFoundError:
        return "(not installed)"
