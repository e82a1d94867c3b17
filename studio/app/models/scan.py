"""Which files and folders below a folder may be models, told by their beginnings, not by names.

Understands the trees of ComfyUI, A1111 and diffusers and the cache of the Hugging Face hub, because
it looks at what lies there; nothing is copied or changed.
"""

import contextlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from studio.app.models.own_card import is_own

PIPELINE = "model_index.json"
_CLAIMING = (".safetensors", ".ckpt")
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_MAX_HEADER = 100 * 2**20
_MOST = 5000
_HUB = "models--"
_NAMELESS = ("diffusion_pytorch_model", "model")
_NEVER = {".git", ".cache", ".locks", "blobs", "__pycache__", "node_modules", "xet"}


def candidates(folder: Path) -> Iterator[Path]:
    """Model folders and checkpoint files below a folder, each once, in the order of their names.

    A folder that is itself a model is its own only candidate. Unreadable folders are passed over;
    at most 5000 files are looked at.
    """
    looked = 0
    seen: set[Path] = set()
    for at, names, files in os.walk(folder, followlinks=True):
        here = Path(at)
        if _is_again(here, seen):
            names.clear()
            continue
        if is_model_folder(here, files):
            names.clear()
            yield here
            continue
        names[:] = sorted(_worth_entering(here, names))
        for name in sorted(files):
            looked += 1
            if looked > _MOST:
                return
            if is_checkpoint(here / name):
                yield here / name


def is_model_folder(folder: Path, files: list[str] | None = None) -> bool:
    """Whether a folder is a diffusers pipeline or one of the studio's own models."""
    names = os.listdir(folder) if files is None else files
    return PIPELINE in names or ("config.json" in names and is_own(folder))


def is_checkpoint(path: Path) -> bool:
    """Whether a file holds tensors, or calls itself a checkpoint and must say why it does not."""
    if path.name.lower().endswith(_CLAIMING):
        return True
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    if start.startswith(_LEGACY):
        return True
    if start.startswith(b"PK\x03\x04"):
        return _is_checkpoint_zip(path)
    return start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") <= _MAX_HEADER


def shown_name(path: Path) -> str:
    """What a person calls a file or folder; in the hub's cache its folder's name is a number, and
    what is called like every other file goes by its folder's name.
    """
    if path.parent.name == "snapshots" and path.parent.parent.name.startswith(_HUB):
        return path.parent.parent.name.removeprefix(_HUB).replace("--", "/")
    if not path.is_file():
        return path.name
    return path.parent.name if path.name.partition(".")[0] in _NAMELESS else path.stem


def _worth_entering(here: Path, names: list[str]) -> list[str]:
    if here.name == "snapshots" and here.parent.name.startswith(_HUB):
        return _newest(here, names)
    return [name for name in names if name not in _NEVER and not name.startswith(".")]


def _newest(snapshots: Path, names: list[str]) -> list[str]:
    """Of a repository's snapshots the one that its main branch points at."""
    with contextlib.suppress(OSError):
        main = (snapshots.parent / "refs" / "main").read_text(encoding="utf-8").strip()
        if main in names:
            return [main]
    return names


def _is_again(folder: Path, seen: set[Path]) -> bool:
    """Whether a link has led back to a folder that was seen before."""
    real = folder.resolve()
    if real in seen:
        return True
    seen.add(real)
    return False


def _is_checkpoint_zip(path: Path) -> bool:
    """Whether torch wrote it, or it is a pack with a checkpoint in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
            return any(name.endswith(("data.pkl", *_CLAIMING)) for name in names)
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
