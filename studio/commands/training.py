"""``latent-studio train`` and ``latent-studio evaluate``."""

import argparse
from collections.abc import Callable
from typing import Any

from studio.commands.error import CommandError
from studio.training import commands

Run = Callable[[argparse.Namespace], int]


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add both subcommands."""
    before = set(subparsers.choices)
    commands.add_arguments(subparsers)
    for name in set(subparsers.choices) - before:
        parser = subparsers.choices[name]
        parser.set_defaults(run=_with_sentences(parser.get_default("run")))


def _with_sentences(run: Run) -> Run:
    """``run``, whose ValueError and OSError are sentences for the person."""

    def guarded(arguments: argparse.Namespace) -> int:
        try:
            return run(arguments)
        except ModuleNotFoundError as error:
            if error.name != "tensorboard":
                raise
            raise CommandError(
                "Training keeps its figures with TensorBoard; type: pip install tensorboard"
            ) from error
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error

    return guarded
