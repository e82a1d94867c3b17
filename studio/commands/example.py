"""``latent-studio example``: a bundled example map becomes a landscape."""

import argparse
from pathlib import Path
from typing import Any

from studio.commands.generate import add_model_arguments

_SEED = 1


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "example",
        help="turn a bundled example map into a landscape",
        description="Turn a bundled example map into a landscape.",
    )
    parser.add_argument("name", nargs="?", help="such as mountain-lake; else the first")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.png", help="the picture to write"
    )
    parser.add_argument("--seed", type=int, default=_SEED, metavar="N", help=f"else {_SEED}")
    add_model_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the picture and say where it is; CommandError where something is in the way."""
    from studio.commands.error import CommandError
    from studio.commands.painting import paint
    from studio.contract.request import GenerateRequest, Preview
    from studio.document.formats.opened import FileError
    from studio.document.presets import PRESETS

    examples = {example.key: example for example in PRESETS}
    name = arguments.name or next(iter(examples))
    if name not in examples:
        raise CommandError(f"There is no example “{name}”; choose one of {', '.join(examples)}.")
    try:
        request = GenerateRequest(
            model=arguments.model,
            label_map=examples[name].labels(),
            seed=arguments.seed,
            steps=arguments.steps,
            preview=Preview.NONE,
        )
    except (ValueError, FileError) as error:
        raise CommandError(str(error)) from error
    return paint(
        request, arguments.output, device=arguments.device, prediction=arguments.prediction
    )
