"""``latent-studio models``: which models there are."""

import argparse
from pathlib import Path
from typing import Any

from studio.contract.places import MODELS


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "models", help="list the models", description="See which models there are."
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="name, size of the weights and folder of each model")
    listing.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each bundled model."""
    del arguments
    for folder in model_folders():
        size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
        print(f"{folder.name}\t{size / 2**20:.1f} MiB\t{folder}")
    return 0


def model_folders() -> list[Path]:
    """The folders of the bundled models, those with a configuration, by name."""
    return sorted(config.parent for config in MODELS.glob("*/config.json"))
