"""``latent-studio models add`` and what it shares with ``list`` and ``remove``."""

import argparse
import contextlib
import sys
from dataclasses import replace
from pathlib import Path

from studio.app.models.hub import Progress, fetch, planned, remaining, shown_size
from studio.app.models.hub_plan import HubError, Plan
from studio.app.models.register import Installed, Origin, Register, RegisterError
from studio.app.models.word_lists import missing_list, plan_for
from studio.app.places import Places
from studio.commands.error import CommandError


def register_of(places: Places) -> Register:
    """The register of this person's models."""
    return Register(places.register, places.models)


def run(arguments: argparse.Namespace) -> int:
    """Point at files, or fetch a model; CommandError where something is in the way."""
    places = Places.of_this_person()
    register = register_of(places)
    path = Path(arguments.what).expanduser()
    try:
        if path.exists():
            register.add(path)
            place = path.absolute()
        else:
            place = _fetched(arguments.what, places, sure=arguments.yes)
    except (RegisterError, HubError) as error:
        raise CommandError(str(error)) from error
    added = [model for model in looked_into(register) if model.place == place]
    for model in added:
        _tell(register, model, arguments.prediction)
    _complete(added, places, sure=arguments.yes)
    if added and all(model.card and model.card.problem for model in added):
        raise CommandError("None of it can be used; it stays on the list until you remove it.")
    return 0


def looked_into(register: Register) -> list[Installed]:
    """Every model with its card; those that are new or changed are read now."""
    models = register.models()
    new = [model.path for model in models if model.card is None]
    if not new:
        return models
    # Imported here because a list that is known already must not wait for torch.
    from studio.engine.recognition import recognised

    cards = {path: recognised(path) for path in new}
    with contextlib.suppress(RegisterError):  # then they are read again the next time
        register.describe_all(cards)
    return [replace(m, card=m.card or cards[m.path]) for m in models]


def remove(register: Register, model: Installed, *, sure: bool) -> None:
    """Take a model off the list, and say what became of its files; RegisterError, CommandError."""
    downloaded = model.origin is Origin.DOWNLOADED
    if downloaded and not sure:
        ask(f"Delete {model.name}, which the studio downloaded to {model.place}?")
    register.remove(model)
    what = model.name if model.origin is not Origin.FOLDER else str(model.place)
    fate = "deleted" if downloaded else "off the list; its files stay where they are"
    print(f"{what} is {fate}.")


def ask(question: str) -> None:
    """Go on only after a yes; CommandError."""
    if not sys.stdin.isatty():
        raise CommandError(f"{question} Say so with --yes.")
    answer = input(f"{question} [y/N] ").strip().lower()
    if answer not in ("y", "yes"):
        raise CommandError("Nothing was done.")


def _fetched(name: str, places: Places, *, sure: bool) -> Path:
    """The folder of a model that is now there; HubError."""
    plan = planned(name)
    folder = places.models / plan.folder
    left = remaining(plan, folder)
    print(f"{plan.name}: {len(plan.files)} files, {shown_size(plan.nbytes)}", end="")
    print(f", {shown_size(left)} still to come" if left != plan.nbytes else "", end="")
    print(f"; licence: {plan.licence}")
    if left and not sure:
        ask(f"Fetch it into {folder}?")
    _fetch(plan, folder)
    return folder


def _fetch(plan: Plan, folder: Path) -> None:
    from tqdm import tqdm

    with tqdm(
        total=plan.nbytes, unit="B", unit_scale=True, disable=None, leave=False, delay=0.5
    ) as bar:

        def tell(progress: Progress) -> None:
            bar.set_description(("checking " if progress.checking else "") + progress.file)
            bar.update(progress.done - bar.n)

        fetch(plan, folder, tell)


def _tell(register: Register, model: Installed, prediction: str | None) -> None:
    card = model.card
    assert card is not None
    print(f"{model.name}\t{shown_size(card.nbytes)}\t{card.problem or card.title}\t{model.path}")
    if model.asks and prediction:
        register.answer(model, prediction)
    elif model.asks:
        print(
            "  The file does not tell whether it predicts the noise (eps, made for 512 pixels) or "
            "v (768); say which with --prediction."
        )


def _complete(models: list[Installed], places: Places, *, sure: bool) -> None:
    """Offer what these models need beside their weights."""
    lists = {
        row.key: row
        for model in models
        if model.card and (row := missing_list(model.card, model.path, places.word_lists))
    }
    for row in lists.values():
        try:
            plan = plan_for(row, places.word_lists)
            if not sure:
                ask(f"It needs {row.title}: fetch {shown_size(plan.nbytes)} from {plan.name}?")
            _fetch(plan, places.word_lists / row.key)
            print(f"  {row.title} is there now.")
        except (HubError, CommandError) as error:
            print(f"  It needs {row.title}. {error}")
