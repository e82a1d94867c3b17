"""Archives of a model's files: unpacked into a folder of their own, or not at all."""

import os
import shutil
import stat
import unicodedata
import uuid
import zipfile
from collections.abc import Generator
from pathlib import Path, PurePosixPath

from studio.engine.checkpoints.container import DAMAGES
from studio.engine.checkpoints.error import CheckpointError

MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 2**30
MAX_RATIO = 200
"""Weights hardly shrink; what unpacks to more than this many times its size is a bomb."""

_SMALL = 2**20
_PIECE = 16 * 2**20
_RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


def unpack_model_pack(
    archive: Path, parent: Path, name: str | None = None
) -> Generator[float, None, Path]:
    """Unpack a .zip of a model into the new folder ``parent``/``name``; yields the fraction that is
    done and returns the folder.

    ``name`` is the archive's own without suffix by default. Everything is unpacked beside it first,
    so that the folder is complete when it appears. CheckpointError, and nothing is left behind,
    when the folder exists, an entry would leave it, is a link, collides with another or would
    unpack to far more than its size, the archive is damaged or the disk too small; OSError when
    the disk refuses.
    """
    name = name or archive.stem
    target = parent / name
    if target.exists() or target.is_symlink():
        raise CheckpointError(f"There is already a folder {name} in {parent}; rename it first.")
    parent.mkdir(parents=True, exist_ok=True)
    fresh = parent / f".{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = checked_entries(archive, packed)
            total = sum(info.file_size for _, info in entries)
            _check_room(archive, parent, total)
            done = 0
            for path, info in entries:
                for written in _unpack(packed, info, fresh.joinpath(*path.parts)):
                    done += written
                    yield done / max(total, 1)
        os.rename(fresh, target)
    except (CheckpointError, OSError):
        raise
    except DAMAGES as error:
        raise CheckpointError(f"{archive.name} is damaged ({error}); download it again.") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _check_room(archive: Path, parent: Path, needed: int) -> None:
    free = shutil.disk_usage(parent).free
    if needed > free:
        raise CheckpointError(
            f"{archive.name} unpacks to {needed / 2**30:.1f} GiB, and the disk of {parent} has "
            f"{free / 2**30:.1f} GiB left; make room first."
        )


def checked_entries(
    archive: Path, packed: zipfile.ZipFile
) -> list[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """The files in it with the places where they belong; CheckpointError for anything that should
    not be unpacked.
    """
    infos = packed.infolist()
    if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_BYTES:
        raise CheckpointError(f"{archive.name} holds more than any model does: not unpacked.")
    if sum(info.compress_size for info in infos) > archive.stat().st_size:
        raise CheckpointError(f"In {archive.name} files share their content: not unpacked.")
    entries = []
    kinds: dict[str, bool] = {}
    for info in infos:
        path = _safe_path(archive, info)
        if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise CheckpointError(
                f"In {archive.name} “{info.filename}” would unpack to "
                f"{info.file_size / 2**20:.0f} MiB from almost nothing: not unpacked."
            )
        _check_unique(archive, info, path, kinds)
        if not info.is_dir():
            entries.append((path, info))
    return entries


def _safe_path(archive: Path, info: zipfile.ZipInfo) -> PurePosixPath:
    name = info.filename
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise CheckpointError(f"In {archive.name} “{name}” is a link or device: not unpacked.")
    if info.flag_bits & 1:
        raise CheckpointError(f"{archive.name} is encrypted; unpack it with its password first.")
    parts = name.removesuffix("/").split("/")
    if any(not _is_plain(part) for part in parts):
        raise CheckpointError(
            f"In {archive.name} the name “{name}” leads outside its folder or is no proper file "
            "name: not unpacked."
        )
    return PurePosixPath(*parts)


def _is_plain(part: str) -> bool:
    return (
        part not in ("", ".", "..")
        and len(part.encode("utf-8", "surrogatepass")) <= 255
        and not any(character in part for character in '\\:*?"<>|')
        and all(character.isprintable() for character in part)
        and part == part.rstrip(". ")
        and part.split(".")[0].casefold() not in _RESERVED
    )


def _check_unique(
    archive: Path, info: zipfile.ZipInfo, path: PurePosixPath, kinds: dict[str, bool]
) -> None:
    """Names that some disks take for one are refused on all; ``kinds``: whether it is a folder."""
    folded = [unicodedata.normalize("NFKC", part).casefold() for part in path.parts]
    for length in range(1, len(folded) + 1):
        key = "/".join(folded[:length])
        is_folder = length < len(folded) or info.is_dir()
        if kinds.setdefault(key, is_folder) != is_folder or (
            not is_folder and kinds.get(f"{key}//") is not None
        ):
            raise CheckpointError(
                f"In {archive.name} two files have the name “{info.filename}”: not unpacked."
            )
    if not info.is_dir():
        kinds["/".join(folded) + "//"] = True


def _unpack(
    packed: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> Generator[int, None, None]:
    """Yields the bytes of each piece; no more than the entry claims, whatever it holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = info.file_size
    with packed.open(info) as source, path.open("xb") as file:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile(f"{info.filename} is longer than it says")
            file.write(piece)
            yield len(piece)
