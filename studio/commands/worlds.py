"""``latent-studio worlds``: contact sheets of procedural landscapes."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

_PER_SHEET = 8
_MOST = 100_000


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "worlds",
        help="write contact sheets of procedural landscapes",
        description="Write contact sheets of procedural landscapes: the pictures, maps and "
        "captions that the bundled model learns from.",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to write to"
    )
    parser.add_argument("--count", type=int, default=16, metavar="N", help="landscapes; else 16")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first one's; else 0")
    parser.add_argument("--size", default="256x256", metavar="WxH", help="of one; else 256x256")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the sheets; CommandError where something is in the way."""
    from studio.commands.error import CommandError
    from studio.contract.geometry import Size
    from studio.contract.request import MAX_SEED

    try:
        size = Size.parse(arguments.size).fitted(8)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if not 1 <= arguments.count <= _MOST:
        raise CommandError(f"Ask for 1 to {_MOST} landscapes, not {arguments.count}.")
    if not 0 <= arguments.seed <= MAX_SEED - arguments.count:
        raise CommandError(f"The seed must lie between 0 and {MAX_SEED - arguments.count}.")
    _write(arguments.output, arguments.count, arguments.seed, (size.height, size.width))
    return 0


def _write(folder: Path, count: int, seed: int, size: tuple[int, int]) -> None:
    from tqdm import tqdm

    from studio.commands.error import CommandError
    from studio.document.formats.writing import saving_problem
    from studio.worlds.sheets import write_sheets

    bar = tqdm(total=count, desc="rendering", leave=False, disable=not sys.stderr.isatty())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with bar, tempfile.TemporaryDirectory(prefix=".worlds-", dir=folder) as unfinished:
            for start in range(0, count, _PER_SHEET):
                some = min(_PER_SHEET, count - start)
                for sheet in write_sheets(some, seed + start, unfinished, size):
                    tqdm.write(str(sheet.replace(folder / sheet.name)))
                bar.update(some)
    except OSError as error:
        raise CommandError(saving_problem(folder / "worlds.png", error)) from error
