"""Running a batch of enlargements in the terminal: progress, files, a sentence for a refusal."""

import hashlib
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from studio.app.places import Places
from studio.commands.error import CommandError
from studio.commands.interrupts import interruptible
from studio.commands.known_models import known_model
from studio.commands.progress import Progress
from studio.contract.events import Cancelled, Failed, Loading
from studio.contract.upscaling import TileDone, UpscaleEvent, UpscaleRequest, UpscaleStarted
from studio.pictures.batch import BatchPlan, ItemState, plan_batch
from studio.pictures.batch_settings import BatchSettings
from studio.pictures.enlarging import Enlargement
from studio.pictures.formats import format_of
from studio.pictures.journal import Journal
from studio.pictures.picture import PictureError
from studio.pictures.reader import PictureReader
from studio.saving import remove_leftovers, saving_problem

log = logging.getLogger(__name__)

REFUSED = 2


def enlarge(
    sources: Sequence[Path],
    output: Path,
    settings: BatchSettings,
    *,
    recursive: bool = True,
    resume: bool = False,
    largest: int,
    device: str | None = None,
) -> int:
    """Enlarge all pictures and write them into the folder ``output``.

    ``resume``: leave out what the last run into the same folder has done with the same settings;
    without ``sources``, go on with its pictures and its settings. ``largest``: pixels that a
    picture may have. Returns 0, or 2 when pictures were refused; raises CommandError.
    """
    output = Path(os.path.abspath(output))
    _check_folder(output)
    place = _journal_of(output)
    settings = replace(settings, folder=output, model=known_model(settings.model).key)
    journal = Journal.start(
        place, _plan(sources, settings, recursive, Journal.open(place) if resume else None)
    )
    if resume:
        for at in journal.plan.waiting:
            if (target := journal.plan.items[at].target) is not None:
                remove_leftovers(target)
    with (
        Progress() as progress,
        PictureReader(largest=largest) as reader,
        interruptible() as cancel,
    ):
        _Run(journal, progress, reader, _Engine(device, cancel)).all(cancel)
    return REFUSED if journal.plan.count(ItemState.FAILED) else 0


def _plan(
    sources: Sequence[Path],
    settings: BatchSettings,
    recursive: bool,
    earlier: Journal | None,
) -> BatchPlan:
    if sources:
        plan = plan_batch(sources, settings, recursive=recursive)
    elif earlier is not None:
        # Again from the start, but for what is done.
        items = (
            replace(item, state=ItemState.WAITING, sentence="", stamp=None)
            for item in earlier.plan.items
        )
        plan = replace(earlier.plan, items=tuple(items))
    else:
        raise CommandError(
            f"Nothing was begun into “{settings.folder}”; name pictures to make larger."
        )
    return plan if earlier is None else plan.going_on(earlier.plan)


def _check_folder(output: Path) -> None:
    """Better before the work than after it."""
    if not output.is_dir() and format_of(output) is not None:
        raise CommandError(f"“{output.name}” looks like a picture; -o names a folder for them.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(saving_problem(output, error)) from error


def _journal_of(output: Path) -> Path:
    """Where it is noted what has been done into this folder."""
    key = hashlib.sha256(os.fsencode(output.resolve())).hexdigest()[:16]
    return Places.of_this_person().data / "upscaling" / f"{key}.jsonl"


class _Run:
    def __init__(
        self, journal: Journal, progress: Progress, reader: PictureReader, engine: "_Engine"
    ) -> None:
        self._journal, self._progress, self._reader = journal, progress, reader
        self._engine = engine

    def all(self, cancel: threading.Event) -> None:
        """Do what waits; refusals are said and do not stop the others."""
        plan = self._journal.plan
        if done := plan.count(ItemState.DONE):
            self._progress.note(f"{done} of {len(plan.items)} were done already.")
        for item in plan.items:
            if item.state is ItemState.FAILED:
                self._progress.note(item.sentence)
        for at in list(plan.waiting):
            if cancel.is_set():
                raise KeyboardInterrupt
            try:
                notices = self._one(at)
            except (PictureError, ValueError) as problem:
                log.warning("refused: %s", problem, exc_info=problem.__cause__)
                self._journal.mark(at, ItemState.FAILED, str(problem))
                self._progress.note(f"{plan.items[at].source}: {problem}")
            else:
                self._journal.mark(at, ItemState.DONE, " ".join(notices))

    def _one(self, at: int) -> tuple[str, ...]:
        plan = self._journal.plan
        item = plan.items[at]
        name = f"{item.source.name} ({at + 1} of {len(plan.items)})"
        assert item.target is not None  # only what was refused has none
        if item.target.exists() and not plan.settings.replaces:
            raise PictureError(
                f"“{item.target}” is there already; choose another folder or name, or say "
                "--overwrite."
            )
        self._progress.say(name)
        picture = self._reader.read(item.source)
        request = plan.settings.request(picture.pixels)
        format = plan.settings.format_for(item.source)
        with Enlargement(item.target, format, plan.settings, picture) as enlargement:
            begun = False
            for event in self._engine.events(request, self._progress):
                begun = begun or isinstance(event, UpscaleStarted)
                self._show(event, name, begun)
                enlargement.take(event)
        if not enlargement.finished:
            raise PictureError("The engine stopped without finishing; try again.")
        notices = (*enlargement.notices, *enlargement.left_out)
        for notice in notices:
            self._progress.note(f"{item.source.name}: {notice}")
        self._progress.result(f"{item.target}: {request.output_size}")
        return notices

    def _show(self, event: UpscaleEvent, name: str, begun: bool) -> None:
        match event:
            case Loading(what=what):
                self._progress.say(f"loading {what}")
            case UpscaleStarted(tiles=tiles):
                self._progress.count(tiles)
                self._progress.bar.set_description_str(name)
            case TileDone():
                self._progress.bar.update(1)
            case Failed(sentence=sentence, action=action, details=details):
                log.error("%s\n%s", sentence, details)
                # What goes wrong before a picture is begun, such as a missing model, concerns all.
                raise (PictureError if begun else CommandError)(f"{sentence} {action}".strip())
            case Cancelled():
                raise KeyboardInterrupt


class _Engine:
    """Loaded when the first picture needs it."""

    def __init__(self, device: str | None, cancel: threading.Event) -> None:
        self._device, self._cancel = device, cancel
        self._models: object = None

    def events(self, request: UpscaleRequest, progress: Progress) -> Iterator[UpscaleEvent]:
        if self._models is None:
            progress.say("loading the engine")
        from studio.engine.library import ModelLibrary
        from studio.engine.upscaling.upscale import upscale

        if self._models is None:
            self._models = ModelLibrary(device=self._device)
        assert isinstance(self._models, ModelLibrary)
        return upscale(request, self._models, self._cancel)
