"""Running a request in the terminal: progress, pictures, frames of every step."""

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from studio.commands.error import CommandError
from studio.commands.interrupts import interruptible
from studio.commands.known_models import known_model
from studio.commands.progress import Progress
from studio.contract.events import Cancelled, Failed, Finished, Loading, Produced, Started, Stepped
from studio.contract.request import GenerateRequest
from studio.document.formats.opened import FileError
from studio.document.formats.picture import write_picture
from studio.document.formats.writing import saving_problem, write_whole

log = logging.getLogger(__name__)


def paint(
    request: GenerateRequest,
    output: Path,
    *,
    frames: Path | None = None,
    device: str | None = None,
    prediction: str | None = None,
) -> int:
    """Make the request's pictures and write them, with their settings, to ``output``.

    Several pictures get their number before the suffix. ``frames`` receives x_t and x_0 of every
    step as PNG files. Returns the exit status; raises CommandError with a sentence.
    """
    files = files_for(output, request.count)
    try:
        for file in files:
            _check_writable(file)
        if frames is not None:
            _check_writable(frames / "frame.png")
        _run(request, files, frames, device, prediction)
    except FileError as problem:
        raise CommandError(str(problem)) from problem
    return 0


def files_for(output: Path, count: int) -> list[Path]:
    """OUT.png for one picture, OUT-1.png and so on for several."""
    if output.suffix.lower() != ".png":
        raise CommandError(
            f"“{output}” doesn't end in .png; pictures are PNG files, which keep their settings."
        )
    if count == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{number}") for number in range(1, count + 1)]


def _check_writable(file: Path) -> None:
    """Better before the work than after it."""
    if file.is_dir():
        raise CommandError(f"“{file}” is a folder; name a file.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise FileError(saving_problem(file, error)) from error


def _run(
    request: GenerateRequest,
    files: list[Path],
    frames: Path | None,
    device: str | None,
    prediction: str | None,
) -> None:
    with _Progress() as progress, interruptible() as cancel:
        progress.say("loading the engine")
        known = known_model(request.model)
        from studio.engine.generate import generate
        from studio.engine.library import ModelLibrary

        models = ModelLibrary(
            device=device,
            prediction=prediction or known.prediction,
            parts=known.parts,
            word_lists=known.word_lists,
        )
        request = replace(request, model=known.key)
        for event in generate(request, models, cancel):
            match event:
                case Loading(what=what):
                    progress.say(f"loading {what}")
                case Started():
                    for sentence in event.sentences():
                        progress.note(sentence)
                case Stepped():
                    progress.step(event)
                    if frames is not None:
                        _write_frames(frames, event)
                case Produced(image=image, pixels=pixels, request=made, drawn_map=drawn):
                    write_picture(files[image], pixels, made, drawn_map=drawn)
                    progress.result(f"{files[image]}: {made.size}, seed {made.seed}")
                case Finished(elapsed=elapsed, sampling=sampling, decoding=decoding):
                    progress.note(
                        f"{elapsed:.2f} s, of which sampling {sampling:.2f} s "
                        f"and decoding {decoding:.2f} s"
                    )
                case Failed(sentence=sentence, action=action, details=details):
                    log.error("%s\n%s", sentence, details)
                    raise CommandError(f"{sentence} {action}".strip())
                case Cancelled():
                    raise KeyboardInterrupt


def _write_frames(folder: Path, event: Stepped) -> None:
    for name, preview in (("x_t", event.noisy), ("x_0", event.clean)):
        if preview is not None:
            file = folder / f"{event.image + 1:02d}-{event.step:04d}-{name}.png"
            _write_plain(file, preview)


def _write_plain(file: Path, pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    write_whole(file, lambda stream: image.save(stream, "PNG"))


class _Progress(Progress):
    """One bar over all steps of all pictures."""

    def step(self, event: Stepped) -> None:
        if self.bar.total is None:
            self.count(event.count * event.steps)
        number = f"picture {event.image + 1} of {event.count}" if event.count > 1 else "painting"
        self.bar.set_description_str(number, refresh=False)
        self.bar.update(1)
