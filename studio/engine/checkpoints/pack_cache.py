"""Model packs, unpacked once into the cache and found there from then on."""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Generator
from pathlib import Path

from studio.engine.checkpoints.container import CHECKPOINT_SUFFIXES
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.pack import unpack_model_pack
from studio.engine.checkpoints.pack_places import ORIGIN, origin_of, packs_folder
from studio.engine.checkpoints.yaml_config import yaml_beside

_INDEX = "model_index.json"
_ABANDONED_S = 600
"""A folder that nothing was written to for so long is the rest of a program that was killed."""


def unpacked(archive: Path) -> Generator[float, None, Path]:
    """The one checkpoint or diffusers folder in a pack; yields the fraction that is unpacked.

    CheckpointError where there is none or several, or the pack should not be unpacked.
    """
    packs = packs_folder()
    stamp = _stamp(archive)
    digest = hashlib.sha256(json.dumps(stamp).encode()).hexdigest()[:12]
    folder = packs / f"{archive.stem[:60].strip('. ') or 'pack'}-{digest}"
    try:
        if not folder.is_dir():
            _clean(packs)
            try:
                yield from unpack_model_pack(archive, packs, folder.name)
            except (CheckpointError, OSError):
                if not folder.is_dir():  # else another program was quicker
                    raise
        (folder / ORIGIN).write_text(json.dumps(stamp), encoding="utf-8")
        inside = _model_in(folder, archive)
        if inside.is_file() and (beside := yaml_beside(archive)) is not None:
            shutil.copyfile(beside, inside.with_suffix(".yaml"))
        return inside
    except OSError as error:
        raise CheckpointError(
            f"{archive.name} cannot be unpacked into {packs}: {error.strerror or error}."
        ) from error


def _stamp(archive: Path) -> list[str | int]:
    try:
        stat = archive.stat()
    except OSError as error:
        raise CheckpointError(f"{archive.name} cannot be read: {error.strerror}.") from error
    return [str(archive.resolve()), stat.st_size, stat.st_mtime_ns]


def _clean(packs: Path) -> None:
    """Remove what was unpacked of packs that are gone or have changed, and what was never done."""
    for folder in packs.glob("*"):
        if folder.name.startswith("."):
            with contextlib.suppress(OSError):
                newest = max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
                if time.time() - newest > _ABANDONED_S:
                    shutil.rmtree(folder, ignore_errors=True)
            continue
        stamp = origin_of(folder)
        if stamp is None:
            continue
        try:
            current = _stamp(Path(str(stamp[0])))
        except CheckpointError:
            current = []
        if stamp != current:
            shutil.rmtree(folder, ignore_errors=True)


def _model_in(folder: Path, archive: Path) -> Path:
    pipelines = sorted(folder.rglob(_INDEX))
    if len(pipelines) == 1:
        return pipelines[0].parent
    found = sorted(
        path for path in folder.rglob("*") if path.name.lower().endswith(CHECKPOINT_SUFFIXES)
    )
    if len(found) != 1:
        raise several(archive, [path.relative_to(folder).as_posix() for path in found])
    return found[0]


def several(archive: Path, names: list[str]) -> CheckpointError:
    """What to say of a pack that is not of one model."""
    told = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
    return CheckpointError(
        f"{archive.name} holds several checkpoints ({told}); unpack it, then open one of them."
    )
