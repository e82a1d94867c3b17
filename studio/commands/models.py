"""``latent-studio models``: which models there are, what a file is, and how to have more."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.app.models.hub import shown_size
from studio.app.models.register import PREDICTIONS, RegisterError
from studio.app.places import Places
from studio.commands import models_add
from studio.commands.error import CommandError

if TYPE_CHECKING:
    from studio.engine.checkpoints.contents import Contents
    from studio.engine.checkpoints.description import Description

_SHOWN = 8
"""Names of missing and unexpected tensors that are printed."""


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "models",
        help="list the models, add and remove some, check a file",
        description="See which models there are, add more, and say what a file is.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser(
        "list", help="name, size, kind and place of each model", description=run.__doc__
    )
    listing.set_defaults(run=run)
    adding = actions.add_parser(
        "add",
        help="use a file or folder where it lies, or fetch a model from the hub",
        description="Use a checkpoint or a folder of models where it lies (ComfyUI's, A1111's, a "
        "diffusers folder, the hub's cache; nothing is copied), or fetch a model from the Hugging "
        "Face hub by its name. The same command goes on with a download that was stopped.",
    )
    adding.add_argument("what", metavar="PATH|NAME", help="such as CompVis/ldm-text2im-large-256")
    adding.add_argument(
        "-y", "--yes", action="store_true", help="fetch without asking for consent first"
    )
    adding.add_argument(
        "--prediction", choices=PREDICTIONS, help="what it predicts, for files that do not tell"
    )
    adding.set_defaults(run=models_add.run)
    removing = actions.add_parser(
        "remove",
        help="take a model off the list; delete it if the studio downloaded it",
        description="Take a model off the list. Your own files stay where they are; what the "
        "studio downloaded is deleted after asking.",
    )
    removing.add_argument("name", metavar="NAME|PATH", help="as models list shows it")
    removing.add_argument(
        "-y", "--yes", action="store_true", help="delete a download without asking first"
    )
    removing.set_defaults(run=remove)
    checking = actions.add_parser(
        "check",
        help="say what a checkpoint is and whether it can be used",
        description="Read a checkpoint or diffusers folder, without running anything in it, and "
        "say what it is. Ends with 2 when it cannot be used.",
    )
    checking.add_argument("path", type=Path, help="a .safetensors, .ckpt or diffusers folder")
    checking.set_defaults(run=check)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each model: name, size, what it is or what is wrong with it, path."""
    del arguments
    register = models_add.register_of(Places.of_this_person())
    for model in models_add.looked_into(register):
        card = model.card
        assert card is not None  # every model was looked into
        told = card.problem or card.title
        if model.asks:
            told += " (say eps or v with models add --prediction)"
        print(f"{model.name}\t{shown_size(card.nbytes)}\t{told}\t{model.path}")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Take a model off the list; CommandError where there is none of that name."""
    register = models_add.register_of(Places.of_this_person())
    model = register.find(arguments.name)
    place = Path(arguments.name).expanduser().absolute()
    try:
        if model is not None:
            models_add.remove(register, model, sure=arguments.yes)
        elif place in register.places():
            register.forget(place)
            print(f"{place} is off the list; its files stay where they are.")
        else:
            raise CommandError(f"There is no model “{arguments.name}”; see models list.")
    except RegisterError as error:
        raise CommandError(str(error)) from error
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Print what a published file is; CommandError where it cannot be used."""
    # Imported here because `latent-studio --help` must not wait for torch.
    from studio.engine.checkpoints.error import CheckpointError
    from studio.engine.families.opening import check_usable, check_values, open_published

    try:
        contents = open_published(arguments.path)
    except CheckpointError as error:
        return _check_part(arguments.path, error)
    try:
        for line in report(contents):
            print(line)
        check_usable(contents)
        check_values(contents)
    except CheckpointError as error:
        raise CommandError(str(error)) from error
    return 0


def _check_part(path: Path, error: Exception) -> int:
    """Print what a file is that belongs to a model or upscales; CommandError for anything else,
    with the ``error`` of opening it as a model.
    """
    from studio.contract.model_card import CardKind
    from studio.engine.recognition import recognised

    card = recognised(path)
    if card.kind is CardKind.MODEL:  # a pipeline of diffusers' own
        parts = [("model", card.title), ("family", card.family), ("licence", card.licence)]
        parts.append(("takes", ", ".join(card.capabilities)))
    elif card.kind is CardKind.BROKEN or card.problem:
        raise CommandError(card.problem or str(error)) from error
    else:
        parts = [("part of a model", card.title)]
        if "upscale" in card.capabilities:
            parts = [("upscaler", card.title), ("use it with", f"upscale --model {path}")]
    dtypes = f" of {', '.join(card.dtypes)}" if card.dtypes else ""
    parts.append(("size", f"{card.nbytes / 2**20:.1f} MiB{dtypes}"))
    for line in _lines(parts):
        print(line)
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
        rows.append(("takes", _taken(told)))
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
    return _lines(rows)


def _lines(rows: "list[tuple[str, str]]") -> list[str]:
    return [f"{key + ':':<18}{value}" for key, value in rows]


def _taken(told: "Description") -> str:
    """What steers the model; what it cannot go without comes first."""
    from studio.engine.families import PUBLISHED_FAMILIES

    if told.family not in PUBLISHED_FAMILIES:
        return "nothing here"
    family = PUBLISHED_FAMILIES[told.family]
    needs, uses = family.needs_of(told), family.capabilities_of(told)
    needed = [f"{need} (needed)" for need in needs]
    return ", ".join([*needed, *(use for use in uses if use not in needs)]).replace("_", " ")


def _some(names: "list[str] | tuple[str, ...]") -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{_count(len(names))}: {', '.join(names[:_SHOWN])}{more}"


def _count(number: int) -> str:
    return "1 tensor" if number == 1 else f"{number} tensors"
