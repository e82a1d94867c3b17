"""``latent-studio models``: which models there are, and what a file is."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.contract.places import MODELS

if TYPE_CHECKING:
    from studio.engine.checkpoints.contents import Contents

_SHOWN = 8
"""Names of missing and unexpected tensors that are printed."""


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "models",
        help="list the models, check a file",
        description="See which models there are, and what a file is.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="name, size of the weights and folder of each model")
    listing.set_defaults(run=run)
    checking = actions.add_parser(
        "check",
        help="say what a checkpoint is and whether it can be used",
        description="Read a checkpoint or diffusers folder, without running anything in it, and "
        "say what it is. Ends with 2 when it cannot be used.",
    )
    checking.add_argument("path", type=Path, help="a .safetensors, .ckpt or diffusers folder")
    checking.set_defaults(run=check)


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


def check(arguments: argparse.Namespace) -> int:
    """Print what a published file is; CommandError where it cannot be used."""
    # Imported here because `latent-studio --help` must not wait for torch.
    from studio.commands.error import CommandError
    from studio.engine.checkpoints.error import CheckpointError
    from studio.engine.families.opening import check_usable, check_values, open_published

    try:
        contents = open_published(arguments.path)
        for line in report(contents):
            print(line)
        check_usable(contents)
        check_values(contents)
    except CheckpointError as error:
        raise CommandError(str(error)) from error
    return 0


def report(contents: "Contents") -> list[str]:
    """Lines of a key and a value each."""
    told = contents.description
    schedule = told.schedule
    dtypes = ", ".join(contents.dtypes)
    rows = [
        ("model", told.title),
        ("family", told.family.replace("_", " ")),
        ("licence", told.licence),
        ("size", f"{contents.nbytes / 2**20:.1f} MiB of {dtypes}"),
        ("latent", f"{told.first_stage.embed_dim} channels, 1/{told.first_stage.factor} of a side"),
    ]
    if told.unet is not None:
        asked = "eps or v: the file does not tell, say which when you use it"
        rows.append(("parameterisation", told.prediction or asked))
        rows.append(("weights", "EMA" if contents.ema else "plain, no EMA beside them"))
    if schedule is not None and schedule.betas:
        betas = " to ".join(f"{beta:g}" for beta in schedule.betas.values())
        rows.append(("schedule", f"{schedule.kind}, {schedule.steps} steps, beta {betas}"))
    gathered = [network.gathered for network in contents.networks.values()]
    missing = [name for part in gathered for name in part.missing]
    rows.append(("matched", _count(sum(len(part.used) for part in gathered))))
    rows.append(("missing", _some(missing)))
    rows += [("wrong", sentence) for part in gathered for sentence in part.misfits[:_SHOWN]]
    rows.append(("unexpected", _some(contents.unexpected)))
    rows.append(("not needed", _count(len(contents.ignored))))
    if contents.inert:
        rows.append(("code left out", ", ".join(contents.inert[:_SHOWN])))
    return [f"{key + ':':<18}{value}" for key, value in rows]


def _some(names: "list[str] | tuple[str, ...]") -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{_count(len(names))}: {', '.join(names[:_SHOWN])}{more}"


def _count(number: int) -> str:
    return "1 tensor" if number == 1 else f"{number} tensors"
