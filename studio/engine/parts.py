"""Files that go with models: LoRA files, ControlNets, preview decoders, where people keep them."""

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path


class PartKind(Enum):
    """By what people call them, and the ``folders`` that ComfyUI and AUTOMATIC1111's web UI have
    for them.
    """

    LORA = ("LoRA file", ("loras", "Lora", "LyCORIS"))
    CONTROL_NET = ("ControlNet", ("controlnet", "ControlNet"))
    PREVIEW = ("preview decoder", ("vae_approx", "VAE-approx"))

    def __init__(self, title: str, folders: tuple[str, ...]) -> None:
        self.title = title
        self.folders = folders


_SUFFIXES = {".safetensors", ".pt", ".pth", ".ckpt", ".bin"}
_ABOVE = 3
"""A model may lie in a folder of a folder of checkpoints, beside which its parts have theirs."""


def part_files(kind: PartKind, near: Iterable[Path]) -> Iterator[Path]:
    """Every file of a kind below its usual folders, each once.

    ``near`` are models, and folders of models, of parts, or of a program that has such folders.
    """
    seen: set[Path] = set()
    for folder in _folders(kind, near):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _SUFFIXES and path.is_file() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _folders(kind: PartKind, near: Iterable[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for place in near:
        above = [place, *place.parents][: _ABOVE + 1]
        for base in (*above, place / "models"):
            for name in kind.folders:
                folder = base if base.name == name else base / name
                if folder.is_dir() and folder.resolve() not in seen:
                    seen.add(folder.resolve())
                    yield folder


def find_part(kind: PartKind, name: str, near: Iterable[Path]) -> Path | None:
    """The file of that path, or of that name with or without its suffix; None where there is none.

    A name of capital letters finds a file of small ones where no other fits.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    files = list(part_files(kind, near))
    for same in (str, str.casefold):
        for file in files:
            if same(name) in (same(file.name), same(file.stem)):
                return file
    return None
