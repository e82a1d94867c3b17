"""Files that go with models: LoRA files, ControlNets, preview decoders, where people keep them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

LORA_TITLE = "LoRA"
"""What the card of a LoRA file is called."""


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


@dataclass(frozen=True)
class Parts:
    """The files to be found ``near`` some places: models, and folders of models, of parts, or of a
    program that has such folders.
    """

    near: tuple[Path, ...]

    def files(self, kind: PartKind) -> Iterator[Path]:
        """Every file of a kind in its usual folders, each once."""
        seen: set[Path] = set()
        for folder in self._folders(kind):
            for path in sorted(folder.rglob("*")):
                if path.suffix.lower() in _SUFFIXES and path.is_file() and _new(path, seen):
                    yield path

    def find(self, kind: PartKind, name: str) -> Path | None:
        """The file of that path, or of that name with or without its suffix; None for none.

        A name of capital letters finds a file of small ones where no other fits.
        """
        path = Path(name).expanduser()
        if path.is_file():
            return path
        files = list(self.files(kind))
        for same in (str, str.casefold):
            for file in files:
                if same(name) in (same(file.name), same(file.stem)):
                    return file
        return None

    def _folders(self, kind: PartKind) -> Iterator[Path]:
        seen: set[Path] = set()
        for place in self.near:
            above = [place, *place.parents][: _ABOVE + 1]
            for base in (*above, place / "models"):
                for name in kind.folders:
                    folder = base if base.name == name else base / name
                    if folder.is_dir() and _new(folder, seen):
                        yield folder


def _new(path: Path, seen: set[Path]) -> bool:
    """Whether it was not seen before, by whichever way."""
    real = path.resolve()
    known = real in seen
    seen.add(real)
    return not known
